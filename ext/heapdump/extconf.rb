# frozen_string_literal: true

require "mkmf"
require_relative "../../lib/heapdump/version"

$defs << %(-DHEAPDUMP_VERSION=\\"#{HeapDump::VERSION}\\")

# Contracts are checked as the dumper runs; see check.h.
$defs << "-DHEAPDUMP_CHECK" if ENV["HEAPDUMP_CHECK"] == "1"

# The sources lie in folders (README.md). Objects do not: no two sources have the same name.
$srcs = Dir.glob("{,*/}*.c", base: __dir__).map { |file| File.join(__dir__, file) }
folders = Dir.glob("*/", base: __dir__).map { |folder| folder.chomp("/") }.sort

# One way per platform to fork without a trace, and to be seen from outside.
linux = RbConfig::CONFIG["host_os"].start_with?("linux")
fine = linux && %w[x86_64 aarch64].include?(RbConfig::CONFIG["host_cpu"])
others = [fine ? "detach_other.c" : "detach_linux.c",
          linux ? "marker_none.c" : "marker_linux.c"]
$srcs.reject! { |file| others.include?(File.basename(file)) }

$VPATH.concat(folders.map { |folder| "$(srcdir)/#{folder}" })

have_library("dl", "dlopen") # part of the C library since glibc 2.34
have_library("m")

# What some versions of Ruby have and others lack; mri/ asks for these and not for the version.
%w[ROBJECT_HEAP ROBJECT_EMBED RUBY_FL_EXIVAR RARRAY_TRANSIENT_FLAG].each do |name|
  have_const(name, "ruby.h")
end
have_func("RTYPEDDATA_GET_DATA", "ruby.h")

# What some systems lack.
have_func("process_vm_readv", "sys/uio.h")
have_func("pipe2", "unistd.h")
have_func("memfd_create", "sys/mman.h")
have_func("prctl", "sys/prctl.h")
have_func("mincore", "sys/mman.h")
have_func("dl_iterate_phdr", "link.h")

# Only Init_heapdump and the functions of gdb.h may be seen: the rest could clash with the
# application's own symbols.
append_cflags("-fvisibility=hidden")
append_cflags("-std=gnu11")
# What a system lacks has to fail when the gem is installed, not when it is loaded.
append_cflags("-Werror=implicit-function-declaration")
# As distributions build; a Ruby of one's own may be built without.
append_cflags("-fstack-protector-strong")
append_ldflags("-Wl,-z,relro,-z,now")
# Ruby's own headers are not free of what the last two find.
pedantic = " -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
$CFLAGS << pedantic if ENV["HEAPDUMP_PEDANTIC"]

# mkmf itself knows the headers beside this file alone.
create_makefile("heapdump/heapdump") do |makefile|
  headers = Dir.glob("*/*.h", base: __dir__).sort.map { |file| "$(srcdir)/#{file}" }
  makefile << "FOLDER_HDRS = #{headers.join(" ")}\n"
end
