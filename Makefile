# hotdamon: everything is built in build/, out of the source tree.
#
#   make            the program            make deps      what it needs, by apt
#   make test       all tests              make lint      format, layers, warnings as errors
#   make demo       a server in a VM       make bench     what it costs
#   make install    DESTDIR= PREFIX=/usr/local    make deb, make rpm    packages, in build/packages

VERSION := 0.2.0
B       := build

# V=1 shows the commands.
Q := $(if $(V),,@)

CC           ?= cc
CLANG        ?= clang
BPFTOOL      ?= $(firstword $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool) bpftool)
PKG_CONFIG   ?= pkg-config
CLANG_FORMAT ?= clang-format

# CI=true makes warnings errors.
WERROR   := $(if $(CI),-Werror)
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wno-format-nonliteral -Wstrict-prototypes $(WERROR)
CFLAGS   ?= -O2 -g
PKGS     := libbpf json-c libsystemd ncursesw libmicrohttpd inih

# Asked of pkg-config only when something is compiled: `make deps` must work before it is there.
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(PKGS))
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(PKGS)) -lm

OWN_CFLAGS = $(CPPFLAGS) -std=gnu11 -D_GNU_SOURCE -DHOTDAMON_VERSION='"$(VERSION)"' -Iuser -Iinclude -isystem $(B)/bpf \
	     $(pkg_cflags) $(WARNINGS)

# The C library's headers for <linux/bpf.h>: clang's BPF target does not know where the host's are.
MULTIARCH  = $(shell $(CC) -print-multiarch 2>/dev/null || $(CC) -dumpmachine)
# Its BTF names the sources, and no folder of who built it: everybody builds the same.
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -ffile-prefix-map=$(CURDIR)=. -Wall -Wextra -Wno-unused-parameter $(WERROR) -Ivmlinux -Iinclude -Ibpf \
	     -idirafter /usr/include/$(MULTIARCH) -idirafter /usr/include

BPF_SRC  := $(wildcard bpf/*.bpf.c)
SKELS    := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
USER_SRC := $(wildcard user/*.c user/*/*.c)
USER_OBJ := $(USER_SRC:%.c=$(B)/%.o)

all: $(B)/hotdamon

$(B)/hotdamon: $(USER_OBJ)
	@echo "  LD   $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(pkg_libs)

# The skeletons must be there before the first object is compiled; from then on the .d files know who needs
# which (-MD, not -MMD: the skeletons are found as system headers, for the warnings that they would give).
$(USER_OBJ): $(B)/%.o: %.c Makefile | $(SKELS)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS) $(OWN_CFLAGS) -MD -MP -c -o $@ $<

$(B)/bpf/%.unlinked.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	@echo "  BPF  $<"
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

# bpftool's linker leaves the BTF that counts and drops the DWARF.
$(B)/bpf/%.bpf.o: $(B)/bpf/%.unlinked.o
	$(Q)$(BPFTOOL) gen object $@ $<

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# The load that tests and demo watch; it needs nothing of hotdamon.
WORKLOAD_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/workload/*.c))

$(B)/workload: $(WORKLOAD_OBJ)
	@echo "  LD   $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

$(WORKLOAD_OBJ): $(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -pthread -MMD -MP -c -o $@ $<

# make keeps what it made on the way to the skeletons.
.SECONDARY: $(SKELS) $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.bpf.o) $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.unlinked.o)
-include $(USER_OBJ:.o=.d) $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.unlinked.d) $(WORKLOAD_OBJ:.o=.d)

include dist/dist.mk
include tests/tests.mk

deps:
	sh dist/deps.sh

clean:
	rm -rf $(B)

.PHONY: all deps clean
