# The front door. Meson and Ninja do the work; tools/setup installs what a fresh Debian 12 lacks.
#
#   make run [ORIGIN=http://127.0.0.1:8000]   a node on 127.0.0.1:8080, in front of ORIGIN or of a small sample site
#   make test                                 everything that tests
#   make bench [BENCH="--cases hit-1k"]       Cairn beside nginx, HAProxy, Varnish, Squid, Traffic Server; more in bench/
#   make fuzz [SECONDS=60] [PARSER="head sf"]   fuzzes the parsers, one after the other: docs/testing.md
#   make build [SAN=address|thread]           the program: build/cairn; with SAN beside it, in build-address or build-thread
#   make release                              build-release/cairn: compiled after a profile of its own work, a tenth faster
#   make install [DIR=build-release] [PREFIX=/usr/local] [DESTDIR=]   the program, man page, documents, a configuration, a
#                                             service of systemd
SAN ?=
DIR  = $(if $(SAN),build-$(SAN),build)
PREFIX ?= /usr/local
TARGET ?= cairn

MESON_OPTIONS = --prefix=$(PREFIX) \
  $(if $(filter address,$(SAN)),-Db_sanitize=address$(,)undefined -Dcostly=true --buildtype=debugoptimized) \
  $(if $(filter thread,$(SAN)),-Db_sanitize=thread -Dcostly=true --buildtype=debugoptimized)
, := ,

.PHONY: all build release run test bench fuzz docs install clean setup

all: build

setup:
	@tools/setup

build: setup
	@test -f $(DIR)/build.ninja || meson setup $(DIR) $(MESON_OPTIONS) >/dev/null
	@ninja -C $(DIR) $(TARGET)

release: setup
	@tools/release $(MESON_OPTIONS)

run: build
	@tools/run $(ORIGIN)

test: setup
	@tools/test

bench:
	@tools/setup bench
	@$(MAKE) --no-print-directory release
	@bench/run build-release/cairn --out bench/results $(BENCH)

fuzz: setup
	@tools/fuzz $(SECONDS) $(PARSER)

docs: build
	@ninja -C $(DIR) docs

install: build
	@meson configure $(DIR) -Dprefix=$(PREFIX) && ninja -C $(DIR) $(TARGET) >/dev/null
	@meson install -C $(DIR) --no-rebuild
	@test -n "$(DESTDIR)" || echo "As a service: systemd-sysusers && systemctl daemon-reload && systemctl enable --now cairn"

clean:
	rm -rf build build-address build-thread
