# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test kernels from Debian's archive, fetched once. Sourced by run, and by what fetches other packages.
#
# Nothing of the system's package management is touched: apt runs on a state of
# its own below the cache, and checks the archive's signatures as always.

KERNEL_CACHE=${HOTDAMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotdamon/kernels}
KERNEL_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
KERNEL_FRESH_MIN=1440 # old kernels leave the archive: look again each day
KERNEL_RETRY_MIN=10   # but do not wait for a dead network at every boot

# apt_private COMMAND...: as root, apt would hand the download to a user who may
# not enter root's cache, hence Sandbox::User.
apt_private() {
	local command=$1 state=$KERNEL_CACHE/apt
	shift
	"$command" -q=2 \
		-o Dir::Etc::sourcelist="$state/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$state" -o Dir::State::Lists="$state/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$state/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any \
		-o Acquire::Languages=none -o Acquire::Retries=1 \
		-o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
		"$@"
}

# Every Debian mirror the system knows, as "LABEL URI". apt lists targets only
# from sources it can read; the files themselves are the second way.
system_mirrors() {
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
		sed -n 's/^Debian \(Debian[^ ]*\) /\1 /p' | sort -u
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources 2>/dev/null |
		sed -nE -e 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p' \
			-e 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' |
		sed -nE -e 's|^(.*/debian-security/?)$|Debian-Security \1|p' \
			-e 's|^(.*/debian/?)$|Debian \1|p'
}

# mirror LABEL
mirror() {
	system_mirrors | sed -n "s/^$1 //p" | head -n 1
}

# write_sources "main|security SUITE"...: what is fetched is Debian's, whatever suite the system itself follows.
write_sources() {
	local main security source
	main=${HOTDAMON_MIRROR:-$(mirror Debian)}
	security=${HOTDAMON_SECURITY_MIRROR:-$(mirror Debian-Security)}
	if [ -z "$main" ] || [ -z "$security" ]; then
		say "no Debian mirror in apt's sources: run 'apt-get update' on Debian," \
			"or set HOTDAMON_MIRROR and HOTDAMON_SECURITY_MIRROR"
		return 1
	fi
	if [ ! -r "$KERNEL_KEYRING" ]; then
		say "$KERNEL_KEYRING is missing: run 'make deps'"
		return 1
	fi
	mkdir -p "$KERNEL_CACHE"/apt/{lists,cache/archives}/partial
	for source; do
		case $source in
		main*) echo "deb [signed-by=$KERNEL_KEYRING] $main ${source#* } main" ;;
		security*) echo "deb [signed-by=$KERNEL_KEYRING] $security ${source#* } main" ;;
		esac
	done >"$KERNEL_CACHE/apt/sources.list"
}

fresh() { [ -n "$(find "$1" -mmin "-$2" 2>/dev/null)" ]; }

update_lists() {
	fresh "$KERNEL_CACHE/updated" "$KERNEL_FRESH_MIN" && return
	write_sources 'main trixie-backports' 'security bookworm-security' || return
	say 'looking for kernels in the archive'
	apt_private apt-get update >&2 || return
	touch "$KERNEL_CACHE/updated"
}

# pick_package LINE: "VERSION PACKAGE" of the newest kernel of that line. The
# linux-binary packages hold just the image; a signed one is preferred to its
# unsigned twin; older kernels only exist as linux-image.
pick_package() {
	local line=$1 only='[0-9]'
	[ "$line" = newest ] || only=${line//./\\.}'([.+-]|$)'
	apt_private apt-cache pkgnames linux- |
		sed -nE -e 's/^linux-binary-([0-9].*)-cloud-amd64$/\1 3 &/p' \
			-e 's/^linux-binary-unsigned-([0-9].*)-cloud-amd64$/\1 2 &/p' \
			-e 's/^linux-image-([0-9].*)-cloud-amd64$/\1 1 &/p' |
		grep -E "^$only" | sort -k1,1V -k2,2n | tail -n 1 | cut -d' ' -f1,3
}

# fetch_package VERSION PACKAGE: puts vmlinuz-VERSION into the cache.
fetch_package() {
	local dir
	[ -s "$KERNEL_CACHE/vmlinuz-$1" ] && return
	dir=$(mktemp -d "$KERNEL_CACHE/get.XXXXXX") || return
	say "fetching $2"
	if (cd "$dir" && apt_private apt-get download "$2" >&2) &&
		dpkg-deb --fsys-tarfile "$dir"/*.deb |
		tar -xO --wildcards '*/vmlinuz*' >"$dir/vmlinuz" &&
		[ -s "$dir/vmlinuz" ]; then
		mv "$dir/vmlinuz" "$KERNEL_CACHE/vmlinuz-$1"
	fi
	rm -rf "$dir"
	[ -s "$KERNEL_CACHE/vmlinuz-$1" ]
}

# look_up LINE: leaves the kernel's name in the file line-LINE.
look_up() {
	local line=$1 picked
	update_lists || return
	picked=$(pick_package "$line")
	if [ -z "$picked" ]; then
		say "no kernel $line in the archive"
		rm -f "$KERNEL_CACHE/updated"
		return 1
	fi
	# shellcheck disable=SC2086 # two words
	if ! fetch_package $picked; then
		rm -f "$KERNEL_CACHE/updated"
		return 1
	fi
	echo "vmlinuz-${picked% *}" >"$KERNEL_CACHE/line-$line.new" &&
		mv "$KERNEL_CACHE/line-$line.new" "$KERNEL_CACHE/line-$line"
}

# A package that our lists still name may have left the archive since: a failure
# with lists that are not of this very moment gets a second try with new ones.
refresh_line() {
	local old=
	[ ! -e "$KERNEL_CACHE/updated" ] || old=1
	look_up "$1" && return
	[ -n "$old" ] && [ ! -e "$KERNEL_CACHE/updated" ] && look_up "$1"
}

# cached_line LINE: prints the path of that line's kernel, if there is one.
cached_line() {
	local name
	name=$(cat "$KERNEL_CACHE/line-$1" 2>/dev/null) || return
	[ -s "$KERNEL_CACHE/$name" ] && echo "$KERNEL_CACHE/$name"
}

# locked_line LINE: under the lock, as another run may just have done the work.
locked_line() {
	local line=$1
	flock 9
	if fresh "$KERNEL_CACHE/line-$line" "$KERNEL_FRESH_MIN" &&
		cached_line "$line"; then
		return
	fi
	if fresh "$KERNEL_CACHE/failed-$line" "$KERNEL_RETRY_MIN" &&
		cached_line "$line"; then
		return
	fi
	if refresh_line "$line"; then
		rm -f "$KERNEL_CACHE/failed-$line"
	else
		touch "$KERNEL_CACHE/failed-$line"
		cached_line "$line" >/dev/null ||
			die 125 "kernel $line cannot be fetched"
		say "kernel $line cannot be looked up: using the one in the cache"
	fi
	cached_line "$line"
}

# kernel_path KERNEL: prints the path of a bootable image for 7.2, newest, ... or
# a file's name.
kernel_path() {
	case $1 in
	*/*)
		[ -r "$1" ] || die 2 "kernel $1 cannot be read"
		echo "$1"
		return
		;;
	newest | [0-9]*.[0-9]*) ;;
	*) die 2 "bad kernel '$1': 7.2, 6.12, newest or a path" ;;
	esac
	case $1 in *[!a-z0-9.+~-]*) die 2 "bad kernel '$1'" ;; esac
	mkdir -p "$KERNEL_CACHE" || die 125 "no cache at $KERNEL_CACHE"
	(locked_line "$1") 9>"$KERNEL_CACHE/lock"
}

# fetch_module VERSION NAME: puts NAME-VERSION.ko into the cache. Up to 6.12 modules are in the image's own package.
fetch_module() {
	local dir package
	dir=$(mktemp -d "$KERNEL_CACHE/get.XXXXXX") || return
	for package in "linux-modules-$1-cloud-amd64" "linux-image-$1-cloud-amd64"; do
		apt_private apt-cache show "$package" >/dev/null 2>&1 || continue
		say "fetching $2 of $package"
		(cd "$dir" && apt_private apt-get download "$package" >&2) &&
			dpkg-deb --fsys-tarfile "$dir/$package"_*.deb |
			tar -xO --wildcards "*/$2.ko*" >"$dir/module" && break
	done
	# Compressed or not, as the kernel's maker chose.
	if [ -s "$dir/module" ] && { xz -dc "$dir/module" >"$dir/ko" 2>/dev/null || cp "$dir/module" "$dir/ko"; }; then
		mv "$dir/ko" "$KERNEL_CACHE/$2-$1.ko"
	fi
	rm -rf "$dir"
	[ -s "$KERNEL_CACHE/$2-$1.ko" ]
}

# module_path IMAGE NAME: prints the path of a module for an image of the cache, or of one that lies beside it.
module_path() {
	local version=${1##*/vmlinuz-} beside
	beside=$(dirname "$1")/$2-$version.ko
	if [ -s "$beside" ]; then
		echo "$beside"
		return
	fi
	[ "$(dirname "$1")" -ef "$KERNEL_CACHE" ] || die 125 "no module $beside"
	(
		flock 9
		[ -s "$beside" ] || { update_lists && fetch_module "$version" "$2"; } ||
			die 125 "module $2 of kernel $version cannot be fetched"
	) 9>"$KERNEL_CACHE/lock" || return
	echo "$beside"
}
