# SPDX-License-Identifier: GPL-2.0
# The help of all commands in, the completion of one shell out. What an option's value is, is told by its name in the
# help: choices in small letters (user|cpu), FILE, PROGRAM, DIR, PATH, PID, SERVICE, COMMAND, KIND=GLOB; of others nothing is known.

function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }

# The first thing that a description says.
function brief(text) { sub(/ \(.*/, "", text); sub(/;.*/, "", text); return text }

# kind(VALUE): what to offer: words, files, directories, pids, services, commands or nothing.
function kind(value) {
	if (value ~ /^[a-z]+(\|[a-z]+)+$/ || value == "KIND=GLOB") return "words"
	if (value ~ /SERVICE/) return "services"
	if (value ~ /PID/) return "pids"
	if (value ~ /FILE|PROGRAM/) return "files"
	if (value ~ /DIR|PATH/) return "directories"
	return value ~ /^COMMAND$/ ? "commands" : "nothing"
}

function words(value) {
	if (value == "KIND=GLOB") return kinds
	gsub(/\|/, " ", value)
	return value
}

# "KIND is unit, cgroup or user" of a description: what a rule begins with.
function learn_kinds(text) {
	if (!match(text, /KIND is [a-z, ]+/)) return
	text = substr(text, RSTART + 8, RLENGTH - 8)
	gsub(/,| or /, " ", text)
	gsub(/ +/, "= ", text)
	kinds = text "="
}

/^COMMAND / { command = $2; next }
!command && /^  [a-z]+ / {
	commands[++n_commands] = $1
	line = $0
	sub(/^ +[a-z]+ +/, "", line)
	does[$1] = brief(line)
	next
}
command && /^Usage:/ { operand[command] = $NF ~ /PID|SERVICE/ ? $NF : ""; next }
command && /^ +(-[a-zA-Z], )?--[a-z]/ {
	line = $0
	sub(/^ +/, "", line)
	letter = line ~ /^-[a-zA-Z],/ ? substr(line, 2, 1) : ""
	sub(/^-[a-zA-Z], /, "", line)
	match(line, /^--[a-z-]+/)
	name = substr(line, 3, RLENGTH - 2)
	rest = substr(line, RLENGTH + 1)
	value = rest ~ /^=/ ? rest : ""
	sub(/^=/, "", value)
	sub(/  .*/, "", value)
	sub(/^(\[?=[^ ]*)? +/, "", rest) # a flag may be told =yes or =no
	learn_kinds(rest)
	i = ++n_options[command]
	option[command, i] = name
	letters[command, i] = letter
	values[command, i] = value
	said[command, i] = brief(rest)
}

function bash_names(command,    i, names) {
	for (i = 1; i <= n_options[command]; i++)
		names = names " --" option[command, i] (values[command, i] ? "=" : "")
	return substr(names " --help", 2)
}

function bash_offer(what, list) {
	if (what == "words") return "-W '" list "'"
	if (what == "files") return "-f"
	if (what == "directories") return "-d"
	if (what == "pids") return "-W \"$(_hotdamon_pids)\""
	if (what == "services") return "-W \"$(_hotdamon_services; _hotdamon_pids)\""
	return what == "commands" ? "-c" : ""
}

# Patterns by what is offered for them: most options take a number, and nothing is.
function bash_values(command,    i, pattern, offer) {
	for (i = 1; i <= n_options[command]; i++) {
		if (!values[command, i]) continue
		pattern = quoted(command " --" option[command, i])
		if (letters[command, i]) pattern = pattern " | " quoted(command " -" letters[command, i])
		offer = bash_offer(kind(values[command, i]), words(values[command, i]))
		if (!(offer in patterns)) offers[++n_offers] = offer
		patterns[offer] = patterns[offer] (patterns[offer] ? " | " : "") pattern
	}
}

function bash(    i, list) {
	for (i = 1; i <= n_commands; i++) list = list " " commands[i]
	print "# hotdamon's completion for bash."
	print "_hotdamon_pids() { for dir in /proc/[0-9]*; do echo \"${dir#/proc/}\"; done; }"
	print "_hotdamon_services() {\n\tsystemctl list-units --no-legend --plain --full --type=service,scope 2>/dev/null |" \
		" while read -r unit _; do echo \"$unit\"; done\n}"
	print "_hotdamon() {"
	print "\tlocal current=${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) command=${COMP_WORDS[1]} offer=() valued= names= operand="
	print "\tCOMPREPLY=()"
	print "\tif [ \"$COMP_CWORD\" -eq 1 ]; then"
	printf "\t\tmapfile -t COMPREPLY < <(compgen -W '%s --help --version' -- \"$current\")\n\t\treturn\n\tfi\n", substr(list, 2)
	print "\t# Where = ends a word, it is a word of its own; elsewhere the value is what follows it."
	print "\tif [ \"$current\" = = ]; then current=; elif [ \"${COMP_WORDS[at]}\" = = ]; then at=$((at - 1)); fi"
	print "\tcase \"$command ${COMP_WORDS[at]}\" in"
	for (i = 1; i <= n_commands; i++) bash_values(commands[i])
	for (i = 1; i <= n_offers; i++) printf "\t%s) offer=(%s) valued=1 ;;\n", patterns[offers[i]], offers[i]
	print "\tesac"
	print "\tcase $command in"
	for (i = 1; i <= n_commands; i++)
		printf "\t%s) names=%s operand=%s ;;\n", commands[i], quoted(bash_names(commands[i])), \
			operand[commands[i]] ? 1 : "''"
	print "\tesac"
	print "\tif [ -z \"$valued\" ]; then"
	print "\t\toffer=(-W \"$names\")"
	print "\t\t[ -z \"$operand\" ] || [[ $current == -* ]] || offer=(" bash_offer("services") ")"
	print "\tfi"
	print "\t[ ${#offer[@]} -eq 0 ] || mapfile -t COMPREPLY < <(compgen \"${offer[@]}\" -- \"$current\")"
	print "\tcase ${offer[0]-} in -[df]) compopt -o filenames 2>/dev/null ;; esac"
	print "\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null"
	print "}"
	print "complete -F _hotdamon hotdamon"
}

function zsh_text(text) { gsub(/\\|:|\[|\]/, "\\\\&", text); return text }

function zsh_action(value,    what) {
	what = kind(value)
	if (what == "words") return "(" words(value) ")"
	if (what == "files") return "_files"
	if (what == "directories") return "_directories"
	if (what == "pids") return "_pids"
	if (what == "services") return "_hotdamon_services"
	return what == "commands" ? "_command_names -e" : " "
}

function zsh_option(command, i,    spec, value) {
	value = values[command, i]
	spec = "--" option[command, i] (value ? "=" : "") "[" zsh_text(said[command, i]) "]"
	if (value) spec = spec ":" zsh_text(value) ":" zsh_action(value)
	if (value == "KIND=GLOB") spec = "*" spec
	printf " \\\n\t\t%s", quoted(spec)
	if (!letters[command, i]) return
	sub(/^\*?--[a-z-]+=?/, "-" letters[command, i] (value ? "+" : ""), spec)
	printf " \\\n\t\t%s", quoted(spec)
}

function zsh(    i, j, c) {
	print "#compdef hotdamon\n# hotdamon's completion for zsh."
	print "_hotdamon_services() {\n\tlocal -a units\n\tunits=(${${(f)\"$(systemctl list-units --no-legend --plain" \
		" --full --type=service,scope 2>/dev/null)\"}%% *})\n\t_alternative \"services:service:compadd -a units\" \"pids:pid:_pids\"\n}"
	print "_hotdamon() {\n\tlocal -a commands\n\tcommands=("
	for (i = 1; i <= n_commands; i++) printf "\t\t%s\n", quoted(commands[i] ":" zsh_text(does[commands[i]]))
	print "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi"
	print "\tshift words\n\t(( CURRENT-- ))\n\tcase $words[1] in"
	for (i = 1; i <= n_commands; i++) {
		c = commands[i]
		printf "\t%s)\n\t\t_arguments -s -S '--help[Print this help]'", c
		for (j = 1; j <= n_options[c]; j++) zsh_option(c, j)
		if (operand[c]) printf " \\\n\t\t%s", quoted("1:" operand[c] ":_hotdamon_services")
		print " ;;"
	}
	print "\tesac\n}\n_hotdamon \"$@\""
}

function fish_value(value,    what) {
	what = kind(value)
	if (!value) return ""
	if (what == "words") return " -x -a " quoted(words(value))
	if (what == "files") return " -r -F"
	if (what == "directories") return " -x -a '(__fish_complete_directories)'"
	if (what == "pids") return " -x -a '(__fish_complete_pids)'"
	return what == "commands" ? " -x -a '(__fish_complete_command)'" : " -x"
}

function fish(    i, j, c, seen) {
	print "# hotdamon's completion for fish.\ncomplete -c hotdamon -f"
	for (i = 1; i <= n_commands; i++) {
		c = commands[i]
		printf "complete -c hotdamon -n __fish_use_subcommand -a %s -d %s\n", c, quoted(does[c])
		seen = "complete -c hotdamon -n '__fish_seen_subcommand_from " c "'"
		for (j = 1; j <= n_options[c]; j++)
			printf "%s -l %s%s%s -d %s\n", seen, option[c, j], \
				letters[c, j] ? " -s " letters[c, j] : "", fish_value(values[c, j]), quoted(said[c, j])
		print seen " -l help -s h -d 'Print this help'"
		if (operand[c])
			print seen " -a '(systemctl list-units --no-legend --plain --full --type=service,scope 2>/dev/null |" \
				" string replace -r \" .*\" \"\")'"
	}
}

END {
	if (!n_commands) { print "completions: no commands in the help" >"/dev/stderr"; exit 1 }
	if (shell == "bash") bash()
	else if (shell == "zsh") zsh()
	else if (shell == "fish") fish()
	else { print "completions: bash, zsh or fish, not " shell >"/dev/stderr"; exit 1 }
}
