# What is installed, and the packages that are made of it.

PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DOCDIR     ?= $(DATADIR)/doc/hotdamon
LICENSEDIR ?= $(DATADIR)/licenses/hotdamon
BASHDIR    ?= $(DATADIR)/bash-completion/completions
ZSHDIR     ?= $(DATADIR)/zsh/site-functions
FISHDIR    ?= $(DATADIR)/fish/vendor_completions.d
UNITDIR    ?= $(PREFIX)/lib/systemd/system
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
SYSCONFDIR ?= /etc

# The completions of the shells are made of what the program tells by --help. RUNNABLE= names another build of it where
# this one is for another machine, and cannot run here.
RUNNABLE    ?= $(B)/hotdamon
COMPLETIONS := $(addprefix $(B)/completions/,bash zsh fish)

$(COMPLETIONS): $(B)/completions/%: dist/completions dist/completions.awk $(B)/hotdamon
	@mkdir -p $(@D)
	@echo "  GEN  $@"
	$(Q)dist/completions $* $(RUNNABLE) >$@.tmp && mv $@.tmp $@

# The paths in it may be others each time.
$(B)/hotdamon.service: dist/hotdamon.service.in FORCE
	$(Q)sed 's|@SBINDIR@|$(SBINDIR)|' $< >$@

# MODE:FILE:PATH
INSTALLED = \
	755:$(B)/hotdamon:$(SBINDIR)/hotdamon \
	644:$(B)/hotdamon.service:$(UNITDIR)/hotdamon.service \
	644:$(B)/completions/bash:$(BASHDIR)/hotdamon \
	644:$(B)/completions/zsh:$(ZSHDIR)/_hotdamon \
	644:$(B)/completions/fish:$(FISHDIR)/hotdamon.fish \
	644:LICENSE:$(LICENSEDIR)/LICENSE \
	$(foreach f,$(wildcard man/*.5),644:$(f):$(MANDIR)/man5/$(notdir $(f))) \
	$(foreach f,$(wildcard man/*.8),644:$(f):$(MANDIR)/man8/$(notdir $(f))) \
	$(foreach f,$(wildcard dist/*.catalog),644:$(f):$(CATALOGDIR)/$(notdir $(f))) \
	$(foreach f,$(wildcard dist/grafana/*.json),644:$(f):$(DATADIR)/hotdamon/grafana/$(notdir $(f))) \
	$(foreach f,$(wildcard dist/prometheus/*.yml),644:$(f):$(DATADIR)/hotdamon/prometheus/$(notdir $(f))) \
	$(foreach f,$(wildcard dist/container/*),644:$(f):$(DATADIR)/hotdamon/container/$(notdir $(f))) \
	$(foreach f,README.md $(wildcard CHANGELOG.md doc/*.md doc/*.svg),644:$(f):$(DOCDIR)/$(f))

# The operator's own: what is there is not overwritten, and goes only as it came.
CONFIG = $(foreach f,$(wildcard dist/hotdamon.conf),$(f):$(SYSCONFDIR)/hotdamon/hotdamon.conf)

# $(call each,LIST,COMMANDS): with the words of each triple in $$mode, $$file and $$path.
each = @set -e; for word in $(1); do \
	mode=$${word%%:*} path="$(DESTDIR)$${word\#\#*:}" file=$${word%:*} file=$${file\#*:}; $(2); done

install: all $(B)/hotdamon.service $(COMPLETIONS)
	$(call each,$(INSTALLED),install -D -m $$mode $$file "$$path")
	$(call each,$(CONFIG),[ -e "$$path" ] || install -D -m 644 $$file "$$path")

uninstall: $(B)/hotdamon.service
	$(call each,$(INSTALLED),rm -f "$$path")
	$(call each,$(CONFIG),! cmp -s $$file "$$path" || rm -f "$$path")
	@rmdir -p --ignore-fail-on-non-empty $(addprefix "$(DESTDIR)",$(DATADIR)/hotdamon/* $(DOCDIR)/doc $(LICENSEDIR) $(SYSCONFDIR)/hotdamon) 2>/dev/null || true

# The sources' archive, and the packages, in $(B)/packages.
source deb rpm:
	$(Q)B=$(B) dist/package $@ $(VERSION)

deps-packages:
	sh dist/deps.sh packages

FORCE:
.PHONY: install uninstall source deb rpm deps-packages FORCE
