# The parsers of what others wrote, each with what its harness links: tests/fuzz/fuzz_NAME.c, corpus/NAME, NAME.dict.

FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ini       := user/config/ini_text.c
FUZZ_settings  := $(wildcard user/config/*.c) user/decide/rules.c
FUZZ_rules     := user/decide/rules.c
FUZZ_printable := user/report/text.c
FUZZ_service   := user/decide/service.c user/sense/owner.c
FUZZ_proc      := user/sense/proc.c user/sense/owner.c
FUZZ_maps      := user/sense/vma.c user/sense/filesystem.c
FUZZ_limits    := user/sense/cgroups.c user/sense/limits.c user/sense/pressure.c user/sense/proc.c user/decide/room.c
FUZZ_pressure  := user/sense/pressure.c user/sense/proc.c
FUZZ_claim     := user/act/claim.c $(UNIT_claim)
FUZZ_cost      := user/act/cost_file.c user/decide/cost.c $(FUZZ_claim)
FUZZ_status    := user/report/told.c user/report/status.c $(UNIT_status)
FUZZ_map       := user/report/map_file.c user/report/map_cells.c user/report/map.c user/report/text.c $(UNIT_map_file)
FUZZ_accept    := user/report/metrics_accept.c

# By clang, with libFuzzer: make fuzz. Numbers that do not fit are looked for, too.
FUZZ_SANITIZE := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzzed = $(patsubst %.c,$(B)/fuzz/obj/%.o,$(filter %.c,$(1)))

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)$(CLANG) -O1 -g $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link $(OWN_CFLAGS) -MD -MP -c -o $@ $<
-include $(shell find $(B)/fuzz/obj -name '*.d' 2>/dev/null)

$(B)/fuzz/base.a: $(call fuzzed,$(wildcard user/base/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZ:%=$(B)/fuzz/%): $(B)/fuzz/%: $$(call fuzzed,tests/fuzz/fuzz_$$*.c tests/fuzz/fuzz.c $$(FUZZ_$$*)) $(B)/fuzz/base.a
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_SANITIZE) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(B)/fuzz/base.a -Wl,--as-needed $(pkg_libs)

# By the compiler of the unit tests, with the objects of theirs, and with the inputs of the corpus alone: make test-fuzz.
$(FUZZ:%=$(B)/fuzz/%.corpus): $(B)/fuzz/%.corpus: $$(call san,tests/fuzz/fuzz_$$*.c tests/fuzz/fuzz.c tests/fuzz/corpus.c $$(FUZZ_$$*)) $(B)/san/base.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(B)/san/base.a -Wl,--as-needed $(pkg_libs)

# Each for FUZZ_S seconds, or those of FUZZ_ONLY.
fuzz:
	$(Q)B=$(B) CLANG=$(CLANG) MAKE='$(MAKE)' tests/fuzz/run $(or $(FUZZ_ONLY),$(FUZZ))

fuzz-corpus: $(FUZZ:%=$(B)/fuzz/%.corpus)
test-fuzz:
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) fuzz-corpus
	$(Q)B=$(B) tests/fuzz/run --corpus $(FUZZ)

.PHONY: fuzz fuzz-corpus test-fuzz
