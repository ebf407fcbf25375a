# Tests, checks and benchmarks. `make test` is what a change must pass; it needs root, for BPF.
# test-vm-more, test-packages, test-damo, test-faults and test-real are the rest.

UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT      := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# A unit test links the one file that it tests, and the ground floor; what else a file needs is named here.
UNIT_OF    = $(firstword $(wildcard user/base/$(1).c user/decide/$(1).c user/sense/$(1).c user/act/$(1).c user/report/$(1).c \
	       user/cmd/$(1).c user/config/$(1).c tests/workload/$(1).c tests/sim/$(1).c))
UNIT_claim := user/act/align.c user/act/claim_json.c user/act/damon.c user/act/damon_seat.c user/act/damon_stat.c user/act/damon_command.c user/act/damon_ranges.c user/act/file.c user/decide/plan.c
UNIT_claim_undo := user/act/claim.c $(UNIT_claim)
UNIT_host  := user/sense/quiet.c user/sense/host_read.c user/sense/host_bpf.c user/sense/host_damon.c user/sense/proc.c \
	      user/sense/requirement.c user/sense/requirement_rows.c user/sense/requirement_words.c user/decide/executor.c
UNIT_host_damon := user/sense/host.c $(filter-out %/host.c,$(UNIT_host))
UNIT_ranking_long := user/decide/ranking.c
UNIT_requirement := $(filter-out %/requirement.c,$(UNIT_host)) user/sense/host.c
UNIT_damon := $(addprefix user/act/,damon_seat.c damon_command.c damon_ranges.c file.c) user/decide/plan.c
UNIT_damon_seat := user/act/damon.c $(filter-out %/damon_seat.c,$(UNIT_damon))
UNIT_damon_command := user/act/damon.c $(filter-out %/damon_command.c,$(UNIT_damon))
UNIT_damon_others := user/act/damon.c $(UNIT_damon)
UNIT_damon_ranges := user/act/damon.c $(filter-out %/damon_ranges.c,$(UNIT_damon))
UNIT_damon_faults := user/act/damon.c $(UNIT_damon)
UNIT_claim_faults := user/act/claim.c $(UNIT_claim)
UNIT_probe := user/act/collapse.c user/act/file.c
UNIT_pressure := user/sense/proc.c
UNIT_limits := user/sense/cgroups.c user/sense/pressure.c user/sense/proc.c
UNIT_worklist := user/decide/room.c
DESCENT := user/decide/levels.c user/decide/descent_config.c user/decide/descent.c user/decide/descent_words.c user/decide/rearm.c
UNIT_descent := $(filter-out %/descent.c,$(DESCENT))
UNIT_descent_heat := $(DESCENT)
UNIT_descent_walk := $(DESCENT)
UNIT_rearm := $(filter-out %/rearm.c,$(DESCENT))
UNIT_benefit := user/decide/worth.c
UNIT_benefit_exec := user/decide/benefit.c $(UNIT_benefit)
UNIT_benefit_worth := user/decide/benefit.c $(UNIT_benefit)
UNIT_governor := user/decide/user_share.c user/decide/governor_places.c user/decide/governor_reason.c user/decide/penalty.c user/decide/rules.c user/decide/share.c
UNIT_governor_out := user/decide/governor.c $(UNIT_governor)
UNIT_governor_outranked := user/decide/governor.c $(UNIT_governor)
UNIT_governor_closed := user/decide/governor.c $(UNIT_governor)
UNIT_intervals_crowd := user/decide/intervals.c
UNIT_heat := user/decide/heat_rank.c
UNIT_heat_rank := user/decide/heat.c
UNIT_governor_heed := user/decide/governor.c $(UNIT_governor)
UNIT_governor_ruled := user/decide/governor.c $(UNIT_governor)
UNIT_governor_service := user/decide/governor.c $(UNIT_governor)
UNIT_governor_share := user/decide/governor.c $(UNIT_governor)
UNIT_wish := user/decide/rules.c
UNIT_share := user/sense/share.c user/sense/pagemap.c user/sense/vma.c user/sense/filesystem.c
UNIT_reach := $(addprefix user/sense/,filesystem.c owner.c pagemap.c proc.c vma.c) user/decide/service.c
UNIT_vma   := user/sense/filesystem.c
UNIT_sim_run := $(addprefix tests/sim/,run.c policy.c kdamond.c load.c) $(wildcard user/decide/*.c)
UNIT_cost_file := user/act/claim.c $(UNIT_claim) user/decide/cost.c
UNIT_service_memory := user/decide/service.c
UNIT_services := user/sense/cgroups.c user/sense/owner.c user/sense/proc.c user/decide/service.c
LOG := user/report/log.c user/report/journal.c user/report/event.c user/decide/service.c
UNIT_log := $(filter-out %/log.c,$(LOG))
UNIT_journal := $(filter-out %/journal.c,$(LOG))
UNIT_hook := user/daemon/hook.c $(LOG)
UNIT_judge := user/daemon/judge.c user/decide/rules.c $(LOG) user/sense/wish.c user/sense/services.c $(filter-out %/decide/service.c,$(UNIT_services))
UNIT_status := user/decide/rules.c user/decide/service.c user/report/status_print.c user/decide/late.c user/report/whose.c user/report/cost.c user/report/text.c user/decide/cost.c user/decide/benefit.c user/decide/worth.c user/decide/intervals.c \
	       user/decide/room.c $(DESCENT)
UNIT_status_print := user/report/status.c $(filter-out user/report/status_print.c,$(UNIT_status))
UNIT_map_file := user/decide/room.c user/decide/worklist.c
UNIT_map_cells :=
UNIT_map := user/report/map_cells.c user/report/text.c user/report/map_file.c $(UNIT_map_file)
UNIT_map_svg := user/report/map.c $(UNIT_map)
UNIT_told := user/report/status.c $(UNIT_status)
UNIT_explain := user/report/told.c user/decide/share.c user/decide/service.c $(UNIT_told)
UNIT_check_barred := user/act/collapse.c user/sense/proc.c user/decide/optout.c user/report/status.c $(UNIT_claim) user/act/claim.c $(UNIT_status)
UNIT_metrics := user/decide/room.c user/decide/descent_words.c user/decide/service.c
UNIT_option := user/config/option_value.c user/config/options.c user/decide/rules.c
UNIT_settings := user/config/option.c user/config/settings_files.c user/config/policy.c user/config/ini_text.c $(UNIT_option)
UNIT_settings_unread := user/config/settings.c $(UNIT_settings)
UNIT_table := user/report/trend.c
TOP := $(addprefix user/report/,columns.c line.c service_lines.c service_table.c table.c text.c top.c top_json.c trend.c whose.c) user/decide/service_rank.c user/decide/service.c
UNIT_top_keys := user/report/columns.c
UNIT_top = $(filter-out user/report/top.c,$(TOP))
UNIT_service_table = $(filter-out user/report/service_table.c,$(TOP))
UNIT_line = $(filter-out user/report/line.c,$(TOP))
UNIT_top_json = $(filter-out user/report/top_json.c,$(TOP))

# Objects with the sanitizers, each compiled once for all tests that link it.
san = $(patsubst %.c,$(B)/san/%.o,$(filter %.c,$(1)))

$(B)/san/%.o: %.c | $(SKELS)
	@mkdir -p $(@D)
	@echo "  SAN  $<"
	$(Q)$(CC) -O1 -g $(SANITIZE) $(OWN_CFLAGS) -Itests/unit -Itests -MD -MP -c -o $@ $<
-include $(shell find $(B)/san -name '*.d' 2>/dev/null)

# A linker takes of it what is asked for.
$(B)/san/base.a: $(call san,$(wildcard user/base/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

.SECONDEXPANSION:
$(UNIT): $(B)/unit/test_%: $$(call san,tests/unit/test_$$*.c $$(call UNIT_OF,$$*) $$(UNIT_$$*)) $(B)/san/base.a
	@mkdir -p $(@D)
	@echo "  UNIT $*"
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(B)/san/base.a -lcmocka $(pkg_libs)

# Unless make was told how many jobs it may have.
ON_ALL_CPUS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc))

# Each prints cmocka's own closing lines.
unit: all $(UNIT)
test-unit: all
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) unit
	$(Q)set -e; for test in $(UNIT); do echo "== $$test"; $$test; done
	$(Q)tests/usage/run

include tests/fuzz/fuzz.mk

# Small programs of the scripts in tests/bpf and tests/bench.
$(B)/tests/load $(B)/tests/watch $(B)/tests/cost $(B)/tests/room_load $(B)/tests/stuck_load: $(B)/tests/%:
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -pthread -MD -MP -MF $@.d -o $@ $< $(shell $(PKG_CONFIG) --libs libbpf)
$(B)/tests/load: tests/bpf/load.c
$(B)/tests/watch: tests/bpf/watch.c
$(B)/tests/cost: tests/bench/cost.c
$(B)/tests/room_load: tests/vm/room_load.c
$(B)/tests/stuck_load: tests/vm/stuck_load.c
-include $(B)/tests/load.d $(B)/tests/watch.d $(B)/tests/cost.d $(B)/tests/room_load.d $(B)/tests/stuck_load.d
$(B)/tests/slow.so: tests/bpf/slow.c
$(B)/tests/skips.so: tests/bpf/skips.c
$(B)/tests/fail.so: tests/top/fail.c
$(B)/tests/slow.so $(B)/tests/skips.so $(B)/tests/fail.so:
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -fPIC -shared -o $@ $<

$(B)/tests/fail_alloc.so: tests/faults/fail_alloc.c
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -fno-optimize-sibling-calls -fPIC -shared -o $@ $<

# The parts that collapse memory, on children of their own: natively, as root.
LIVE_SRC := tests/live/live.c user/sense/miss.c user/decide/cost.c user/sense/pagemap.c user/sense/pressure.c user/sense/proc.c \
	    user/sense/vma.c user/sense/filesystem.c user/act/collapse.c user/act/file.c
LIVE_SHARED_SRC := tests/live/shared.c user/sense/collapses.c user/sense/libbpf.c user/sense/pagemap.c user/sense/vma.c user/sense/filesystem.c user/sense/filepages.c \
		   user/act/collapse.c user/act/file.c
$(B)/tests/live: $$(call san,$$(LIVE_SRC)) $(B)/san/base.a
$(B)/tests/live_shared: $$(call san,$$(LIVE_SHARED_SRC)) $(B)/san/base.a
$(B)/tests/live $(B)/tests/live_shared:
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(B)/san/base.a -lcmocka $(shell $(PKG_CONFIG) --libs libbpf)

-include $(B)/tests/collapse.d

LIVE := $(B)/tests/live $(B)/tests/live_shared
test-live: $(LIVE)
	$(Q)tests/live/run

BPF_LOADS := $(B)/tests/load $(B)/tests/watch $(B)/tests/slow.so $(B)/tests/skips.so
test-bpf: all $(BPF_LOADS)
	$(Q)tests/bpf/run
test-bpf-basics: all $(BPF_LOADS)
	$(Q)tests/bpf/run basics
test-bpf-more: all $(BPF_LOADS)
	$(Q)tests/bpf/run exact metrics reload

VM_LOADS := $(B)/workload $(B)/tests/load $(B)/tests/room_load $(B)/tests/stuck_load
test-vm: all $(VM_LOADS)
	$(Q)tests/vm/suite
test-vm-beside test-vm-alone: test-vm-%: all $(VM_LOADS)
	$(Q)tests/vm/suite --$*

# Services, reload, quiet CPUs, processes that are stuck, more of damos and of other kernels: make test has no time for them.
test-vm-more: all $(VM_LOADS)
	$(Q)tests/vm/suite --more

# Real servers in the VM, and the pages that they touch; needs root, debootstrap and mke2fs.
$(B)/tests/kvload: tests/real/kvload.c tests/workload/stalls.c
$(B)/tests/touched: $(wildcard tests/real/touched*.c)
$(B)/tests/kvload $(B)/tests/touched:
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -MD -MP -MF $@.d -o $@ $(filter %.c,$^) -lm $(shell $(PKG_CONFIG) --libs libbpf)
-include $(B)/tests/kvload.d $(B)/tests/touched.d

test-real test-real-quick bench-real: all $(B)/tests/kvload $(B)/tests/touched
test-real:
	$(Q)tests/real/suite
test-real-quick:
	$(Q)QUICK=1 ROWS="redis-zipf memcached java-g1" AT=60 tests/real/suite
# Side by side with what the kernel has: hours. ROWS=, WAYS=, AT= take a part, see its head.
bench-real:
	$(Q)WAYS="$${WAYS:-never always khugepaged damos5 hotdamon-damos hotdamon-madvise}" tests/real/suite

# An hour beside all that comes and goes: SOAK_S=.
.PHONY: soak
soak: all $(B)/tests/load
	$(Q)tests/soak/run

# Debian's damo beside hotdamon, in the VM.
.PHONY: test-damo
test-damo: all $(B)/workload
	$(Q)tests/damo/run

# `hotdamon top` in a terminal.
PRELOADED := $(B)/tests/fail.so $(B)/tests/fail_alloc.so
test-top: all $(B)/tests/fail.so
	$(Q)tests/top/run

# The packages and what is in them; needs what `make deps-packages` installs.
.PHONY: test-packages
test-packages: all $(COMPLETIONS) $(B)/workload
	$(Q)$(MAKE) --no-print-directory deb rpm
	$(Q)tests/packages/files
	$(Q)tests/packages/completions
	$(Q)tests/packages/run

# Memory runs out, at one place after another: a part of them, and all.
test-faults-some test-faults: all $(B)/tests/fail_alloc.so
test-faults-some:
	$(Q)tests/faults/run --each 5
test-faults:
	$(Q)tests/faults/run

# These wait more than they compute: three at a time, each of which prints when it has ended. What they need is built before.
TESTS_BESIDE := test-vm-beside test-bpf-basics test-unit test-bpf-more test-top test-fuzz test-live test-faults-some
test:
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) unit fuzz-corpus $(VM_LOADS) $(BPF_LOADS) $(LIVE) $(PRELOADED)
	$(Q)$(MAKE) --no-print-directory -j3 --output-sync=target $(TESTS_BESIDE)
	$(Q)$(MAKE) --no-print-directory test-vm-alone
	@echo "make test: all passed"

lint: lint-format lint-layers lint-lines lint-clang lint-shell lint-root lint-words lint-dashboard

FORMATTED = $(wildcard user/*.[ch] user/*/*.[ch] include/*.h bpf/*.[ch] vmlinux/*.h tests/*/*.[ch])
lint-format:
	$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)

lint-layers:
	$(Q)sh tests/lint/layers.sh

lint-lines:
	$(Q)sh tests/lint/functions.sh

# The other compiler, with all warnings as errors, into a build of its own.
lint-clang:
	$(Q)$(MAKE) --no-print-directory CI=true CC=$(CLANG) B=$(B)/clang $(B)/clang/hotdamon $(B)/clang/workload \
		$(B)/clang/tests/sim $(B)/clang/tests/kvload $(B)/clang/tests/touched

lint-shell:
	$(Q)sh tests/lint/scripts.sh

lint-root:
	$(Q)sh tests/lint/root.sh

lint-words:
	$(Q)sh tests/lint/words.sh
	$(Q)sh tests/lint/messages.sh

lint-dashboard:
	$(Q)sh tests/lint/dashboard.sh

# What the policy makes of heaps of any size, without a kernel. It links all that decides; its parts have unit tests.
SIM_OBJ := $(patsubst %.c,$(B)/sim/%.o,$(wildcard tests/sim/*.c user/decide/*.c) user/base/array.c)

$(SIM_OBJ): $(B)/sim/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE -Iuser -Itests $(WARNINGS) -MMD -MP -c -o $@ $<
-include $(SIM_OBJ:.o=.d)

$(B)/tests/sim: $(SIM_OBJ)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

sim: $(B)/tests/sim

# It looks for what is missing and builds by itself.
demo:
	$(Q)tests/demo/run

# The executor alone on the MMU that is here; MIB and BUDGET_US may be given.
BENCH_COLLAPSE_SRC := tests/bench/collapse.c tests/bench/collapse_load.c user/sense/filesystem.c user/sense/pagemap.c user/sense/vma.c user/decide/pace.c \
		      user/act/collapse.c user/act/file.c $(addprefix user/base/,array.c aside.c clock.c dir.c letter.c reach.c textfile.c)
$(B)/tests/collapse: $(BENCH_COLLAPSE_SRC)
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) $(OWN_CFLAGS) -pthread -MD -MP -MF $@.d -o $@ $(filter %.c,$^)

bench-collapse: $(B)/tests/collapse
	$(Q)$(B)/tests/collapse $(MIB) $(BUDGET_US)

# What huge pages give a real redis, slot by slot: natively, as root. See the script's head.
$(B)/bpf/tests/tables.bpf.o: tests/bench/tables.bpf.c tests/bench/tables.h
	@mkdir -p $(@D)
	@echo "  BPF  $<"
	$(Q)$(CLANG) $(BPF_CFLAGS) -Itests/bench -c -o $@.unlinked $<
	$(Q)$(BPFTOOL) gen object $@ $@.unlinked
$(B)/bpf/tests/tables.skel.h: $(B)/bpf/tests/tables.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name tables_bpf > $@.tmp && mv $@.tmp $@
GAIN_SRC := tests/bench/gain.c $(filter user/%,$(BENCH_COLLAPSE_SRC))
$(B)/tests/gain: $(GAIN_SRC) $(B)/bpf/tests/tables.skel.h
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CFLAGS) $(OWN_CFLAGS) -MD -MP -MF $@.d -o $@ $(filter %.c,$^) $(pkg_libs)
-include $(B)/tests/gain.d

bench-gain: $(B)/tests/gain $(B)/tests/kvload
	$(Q)tests/bench/gain

bench: all $(B)/tests/cost $(B)/tests/load
	$(Q)tests/bench/run

# Side by side with what the kernel has, in virtual machines: long. LOADS=, ROWS=, AT=, KERNEL= take a part, see its head.
bench-vm: all $(B)/workload
	$(Q)tests/bench-vm/run

.PHONY: test test-real test-real-quick bench-real test-faults test-faults-some test-unit test-live test-bpf test-bpf-basics \
	test-bpf-more test-top unit test-vm test-vm-beside test-vm-alone test-vm-more lint lint-format lint-layers lint-lines lint-clang lint-shell lint-root lint-words lint-dashboard sim demo bench \
	bench-collapse bench-gain bench-vm
