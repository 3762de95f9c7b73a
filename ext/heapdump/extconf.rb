# frozen_string_literal: true

require "mkmf"
require_relative "../../lib/heapdump/version"

$defs << %(-DHEAPDUMP_VERSION=\\"#{HeapDump::VERSION}\\")

# Contracts are checked as the dumper runs; see check.h.
$defs << "-DHEAPDUMP_CHECK" if ENV["HEAPDUMP_CHECK"] == "1"

# mri/ holds what differs between versions of MRI; its files have names of their own.
$srcs = Dir.glob("{,mri/}*.c", base: __dir__).map { |file| File.join(__dir__, file) }

# One way per platform to fork without a trace, and to be seen from outside.
linux = RbConfig::CONFIG["host_os"].start_with?("linux")
fine = linux && RbConfig::CONFIG["host_cpu"] == "x86_64"
others = [fine ? "detach_posix.c" : "detach_linux_x86_64.c",
          linux ? "marker_none.c" : "marker_linux.c"]
$srcs.reject! { |file| others.include?(File.basename(file)) }

$VPATH << "$(srcdir)/mri"

have_library("dl", "dlopen") # part of the C library since glibc 2.34
have_library("m")

# Only Init_heapdump and the functions of gdb.h may be seen: the rest could clash with the
# application's own symbols.
append_cflags("-fvisibility=hidden")
append_cflags("-std=gnu11")
# As distributions build; a Ruby of one's own may be built without.
append_cflags("-fstack-protector-strong")
append_ldflags("-Wl,-z,relro,-z,now")
# Ruby's own headers are not free of what the last two find.
pedantic = " -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
$CFLAGS << pedantic if ENV["HEAPDUMP_PEDANTIC"]

create_makefile("heapdump/heapdump")
