# frozen_string_literal: true

require "mkmf"

version = File.read(File.expand_path("../../lib/heapdump/version.rb", __dir__))[/"(.+)"/, 1]
$defs << %(-DHEAPDUMP_VERSION=\\"#{version}\\")

# mri/ holds what differs between versions of MRI; its files have names of their own.
$srcs = Dir.glob("{,mri/}*.c", base: __dir__).map { |file| File.join(__dir__, file) }

# One way to fork without a trace per platform.
fine = RbConfig::CONFIG["host_os"].start_with?("linux") && RbConfig::CONFIG["host_cpu"] == "x86_64"
other = fine ? "detach_posix.c" : "detach_linux_x86_64.c"
$srcs.reject! { |file| File.basename(file) == other }

$VPATH << "$(srcdir)/mri"

have_library("dl", "dlopen") # part of the C library since glibc 2.34
have_library("m")

# Only Init_heapdump may be seen: the rest could clash with the application's own symbols.
append_cflags("-fvisibility=hidden")
append_cflags("-std=gnu11")
# Ruby's own headers are not free of what the last two find.
pedantic = " -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
$CFLAGS << pedantic if ENV["HEAPDUMP_PEDANTIC"]

create_makefile("heapdump/heapdump")
