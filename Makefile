# mnsim (diffusion through microneedle channels), mnrig (insertion bench controller), mnbench (virtual bench).
# GNU make, no configure step.  Override on the command line or in config.mk:  make CC=clang SAN=1
#
## make demo        bench -> depth -> model -> comparison -> demo-out/report.html (installs what is missing)
## make test        every test (installs what is missing)
## make test-long   every fault at every moment of a run, a million ticks, STOP in real time,
##                  a minute of each fuzz target (needs clang)
## make validate    measured against simulated: one table in build/validation, misses included
## make             build/mnsim, build/mnrig, build/mnbench
## make deps        install the missing Debian packages (root or sudo); silent when all are there
## make install     to PREFIX (/usr/local), honours DESTDIR; config and data go to PREFIX/share/mn
## make lint        include layers, cppcheck
## make bench       mnsim against SciPy, Octave and FreeFEM -> docs/reference/benchmarks.md (make bench-deps installs them)
## make valgrind    the CUnit runners under valgrind
## make V=1 ...    whole compiler commands
## make SAN=1 ...   ASan + UBSan build in build-san;  TSAN=1: ThreadSanitizer in build-tsan
## make WERROR=1 .. warnings are errors, in build-werror
## make fuzz        any bytes into config, tables, units, imports, replies, maps, methods, benches, interrupted runs, the
##                  virtual bench and the proxy, FUZZ_SECONDS=600 each (needs clang)
## make clean       remove every build folder
-include config.mk

# The one list of Debian packages the project needs (Debian 12 names).
DEPS = gcc libc6-dev pkg-config libsundials-dev libsuitesparse-dev libmodbus-dev libcsv-dev libcunit1-dev \
       libfyaml-dev libudunits2-dev libgsl-dev gnuplot-nox

ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
B      ?= build$(if $(WERROR),-werror)$(if $(SAN),-san)$(if $(TSAN),-tsan)$(if $(COV),-cov)

, := ,
WARN = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARN) -MMD -MP $(CFLAGS) $(if $(WERROR),-Werror) \
             $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer) \
             $(if $(TSAN),-fsanitize=thread) $(if $(COV),--coverage -O0)
BASE_LIBS   = -lfyaml -lcsv -ludunits2 -lm -lpthread
SOLVER_LIBS = -lsundials_cvodes -lsundials_nvecserial -lsundials_generic -lcholmod -lamd -lsuitesparseconfig -lgsl -lgslcblas
RIG_LIBS    = -lmodbus
TEST_LIBS   = -lcunit

# Third-party headers are included as system headers so that our warning set judges our code alone.
SYS_INC = -isystem /usr/include/suitesparse -isystem /usr/include/modbus -isystem /usr/include/udunits2

# One short line a file; V=1 shows the commands.
say = $(if $(V),,@echo '  $(1)';)

find_c = $(shell find $(1) -name '*.c' 2>/dev/null | LC_ALL=C sort)
objs   = $(patsubst %.c,$B/%.o,$(1))

BASE_O    = $(call objs,$(call find_c,base))
SOLVER_O  = $(call objs,$(filter-out solver/main.c,$(call find_c,solver)))
RIG_O     = $(call objs,$(filter-out rig/main.c rig/virtual/main.c rig/virtual/%,$(call find_c,rig)))
VIRTUAL_O = $(call objs,$(filter-out rig/virtual/main.c,$(call find_c,rig/virtual)))
TBASE_O   = $(call objs,tests/runner.c $(call find_c,tests/base))
TSOLVER_O = $(call objs,tests/runner.c $(call find_c,tests/solver))
TRIG_O    = $(call objs,tests/runner.c $(call find_c,tests/rig))
TFAULTS_O = $(call objs,tests/runner.c $(call find_c,tests/faults) tests/rig/pace.c)

PROGRAMS = $(if $(wildcard solver/main.c),$B/mnsim) $(if $(wildcard rig/main.c),$B/mnrig) \
           $(if $(wildcard rig/virtual/main.c),$B/mnbench)
RUNNERS  = $(if $(wildcard tests/base/*.c),$B/tests/base/run) $(if $(wildcard tests/solver/*.c),$B/tests/solver/run) \
           $(if $(wildcard tests/rig/*.c),$B/tests/rig/run) $(if $(wildcard tests/faults/*.c),$B/tests/faults/run)

all: $(PROGRAMS)

$B/mnsim: $B/solver/main.o $(SOLVER_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SOLVER_LIBS) $(BASE_LIBS)
$B/mnrig: $B/rig/main.o $(RIG_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) $(BASE_LIBS)
$B/mnbench: $B/rig/virtual/main.o $(VIRTUAL_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(BASE_LIBS)
$B/tests/base/run: $(TBASE_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(BASE_LIBS)
$B/tests/solver/run: $(TSOLVER_O) $(SOLVER_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(SOLVER_LIBS) $(BASE_LIBS)
$B/tests/rig/run: $(TRIG_O) $(RIG_O) $(VIRTUAL_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(RIG_LIBS) $(BASE_LIBS)


# The fault sweep runs the whole of mnrig: these calls of it go through tests/faults first (door.h, outside.h).
FAULT_WRAPS = malloc calloc realloc strdup strndup asprintf free open write fsync fdatasync rename mkdir ftruncate \
              fopen fflush fclose bus_modbus_new run_folder_make link_start recorder_start runner_now runner_run
$B/tests/faults/run: $(TFAULTS_O) $(RIG_O) $(VIRTUAL_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(addprefix -Wl$(,)--wrap=,$(FAULT_WRAPS)) -o $@ $^ $(TEST_LIBS) $(RIG_LIBS) $(BASE_LIBS)

# Specimens of the virtual bench, pressed in virtual time: runs for the comparison with the insertion model.
$B/tests/specimens/press: $B/tests/specimens/press.o $B/tests/rig/simulation.o $B/tests/rig/pace.o $(RIG_O) $(VIRTUAL_O) $(BASE_O)
	$(call say,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) $(BASE_LIBS)

$B/tests/perf/bench: $B/tests/perf/bench.o $B/tests/solver/cases.o $(SOLVER_O) $(BASE_O)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(SOLVER_LIBS) $(BASE_LIBS)

$B/tests/perf/rig: $B/tests/perf/rig.o $(RIG_O) $(BASE_O)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) $(BASE_LIBS)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(SYS_INC) $(ALL_CFLAGS) -c -o $@ $<

# The version is compiled into one file, and only when it changes.  A source archive without .git says "unknown".
VERSION = 0.1.0
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
$B/base/provenance.o: ALL_CFLAGS += -DMN_VERSION='"$(VERSION)"' -DMN_COMMIT='"$(COMMIT)"'
$B/base/provenance.o: $B/.commit-$(COMMIT)
$B/.commit-$(COMMIT):
	@mkdir -p $(@D)
	@rm -f $B/.commit-*
	@touch $@

# The prefix is compiled into the two files that look for the installed configuration, again when it changes.
KNOW_PREFIX = $B/solver/study/parts.o $B/rig/virtual/main.o
$(KNOW_PREFIX): ALL_CFLAGS += -DMN_PREFIX='"$(PREFIX)"'
$(KNOW_PREFIX): $B/.prefix
$B/.prefix: always
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

# First install, then build in a second make: what the first one found missing is there for the second.
test: deps ; @$(MAKE) --no-print-directory run-tests
demo: deps ; @$(MAKE) --no-print-directory run-demo

run-tests: all $(RUNNERS) $B/tests/specimens/press
	@set -e; for r in $(RUNNERS); do echo "== $$r"; SCENARIO_TABLE=$B/scenarios.csv $$r; done
	@set -e; for t in $(sort $(wildcard tests/cli/*.sh)); do echo "== $$t"; B=$B sh $$t; done

run-demo: all
	@B=$B sh tests/demo.sh

# What takes too long for every day.  The fault sweep forks a process a core.
test-long: all $B/tests/faults/run $B/tests/solver/run
	MN_LONG=1 $B/tests/faults/run
	MN_LONG=1 $B/tests/solver/run fits
	B=$B sh tests/scenarios/realtime.sh long
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=60

validate: all
	@B=$B sh tests/validate.sh $(if $(OUT),-o $(OUT))

deps: ; @sh tests/deps.sh $(DEPS)

# Peers that are not installed are left out of the tables, which then say so.
bench-deps: ; @sh tests/deps.sh python3-scipy octave freefem++
bench: $B/tests/perf/bench $B/tests/perf/rig $B/mnbench
	@sh tests/perf/bench.sh $B docs/reference/benchmarks.md $(ROUNDS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/mn $(DESTDIR)$(PREFIX)/share/doc/mn
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	cp -R config data $(DESTDIR)$(PREFIX)/share/mn/
	cp -R README.md CHANGELOG.md LICENSE docs $(DESTDIR)$(PREFIX)/share/doc/mn/

lint:
	@sh tests/lint-layers.sh
	cppcheck --enable=warning,portability --inline-suppr --error-exitcode=1 -q -I. base solver rig

valgrind: $(RUNNERS)
	@set -e; for r in $(RUNNERS); do valgrind -q --leak-check=full --suppressions=tests/valgrind.supp --error-exitcode=9 $$r; done

# Leaks are left to the tests and valgrind: libfyaml 0.7.12 itself loses a few kB on some malformed scalars.
FUZZ_SECONDS ?= 600
FUZZ_CC = clang $(SYS_INC) -std=c11 -D_GNU_SOURCE -I. $(WARN) -g -O1 -MMD -MP -fno-sanitize-recover=undefined
FUZZERS = $(patsubst tests/fuzz/%.c,build-fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_O  = $(patsubst %.c,build-fuzz/%.o,$(filter-out rig/main.c rig/virtual/main.c,$(call find_c,base rig solver/import)))
build-fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC $<)$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<
build-fuzz/ours.a: $(FUZZ_O)
	@rm -f $@
	$(call say,AR $@)ar rcs $@ $^
build-fuzz/fuzz_reply: FUZZ_LINK = -Wl,--wrap=modbus_connect -Wl,--wrap=modbus_send_raw_request
build-fuzz/%: build-fuzz/tests/fuzz/%.o build-fuzz/ours.a
	$(call say,LD $@)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(FUZZ_LINK) -o $@ $^ $(RIG_LIBS) $(BASE_LIBS)
.PRECIOUS: build-fuzz/%.o
# What the configuration holds is where the targets that read it begin.
FUZZ_SEEDS_fuzz_map    = config/benches/devices
FUZZ_SEEDS_fuzz_bench  = config/benches
FUZZ_SEEDS_fuzz_method = config/methods
fuzz: $(FUZZERS)
	@set -e; $(foreach f,$(notdir $(FUZZERS)),echo "== $f"; mkdir -p build-fuzz/$f-corpus; \
	  ASAN_OPTIONS=detect_leaks=0 build-fuzz/$f -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -detect_leaks=0 \
	    -verbosity=0 -print_final_stats=1 -artifact_prefix=build-fuzz/$f- build-fuzz/$f-corpus $(wildcard tests/fuzz/corpus/$f) \
	    $(FUZZ_SEEDS_$f);)

help: ; @sed -n 's/^## //p' $(MAKEFILE_LIST)
clean: ; rm -rf build build-*

-include $(shell find $B build-fuzz -name '*.d' 2>/dev/null)
.PHONY: all always test test-long demo validate bench bench-deps run-tests run-demo deps install lint valgrind fuzz help clean
.DEFAULT_GOAL := all
