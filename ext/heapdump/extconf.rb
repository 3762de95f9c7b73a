# frozen_string_literal: true

require "mkmf"
require_relative "../../lib/heapdump/version"

$defs << %(-DHEAPDUMP_VERSION=\\"#{HeapDump::VERSION}\\")

# In such a build the dumper checks its contracts as it runs; see base/check.h.
$defs << "-DHEAPDUMP_CHECK" if ENV["HEAPDUMP_CHECK"] == "1"

# The sources lie in this folder and in the folders below it (README.md). No two sources have the
# same name, because all object files lie in one folder. mkmf itself knows only the headers beside
# this file; when any header has changed, all sources are compiled again (see the file `depend`).
$srcs = Dir.glob("{,*/}*.c", base: __dir__).sort.map { |file| File.join(__dir__, file) }
$VPATH.concat(Dir.glob("*/", base: __dir__).sort.map { |folder| "$(srcdir)/#{folder.chomp("/")}" })
$headers.concat(Dir.glob("*/*.h", base: __dir__).sort.map { |file| "$(srcdir)/#{file}" })

# Two things are done in one way on Linux and in another elsewhere: to fork a process that is no
# child of the application, for which there is assembler for two processors, and to show other
# processes that there is a handler. The sources of the other ways are left out.
linux = RbConfig::CONFIG["host_os"].start_with?("linux")
fine = linux && %w[x86_64 aarch64].include?(RbConfig::CONFIG["host_cpu"])
others = [fine ? "detach_other.c" : "detach_linux.c",
          linux ? "marker_none.c" : "marker_linux.c"]
$srcs.reject! { |file| others.include?(File.basename(file)) }

have_library("dl", "dlopen") # part of the C library since glibc 2.34
have_library("m")

# What some versions of Ruby have and others lack. The C code asks for these where it can, and not
# for the version.
%w[ROBJECT_HEAP ROBJECT_EMBED RUBY_FL_EXIVAR RARRAY_TRANSIENT_FLAG].each do |name|
  have_const(name, "ruby.h")
end
have_func("RTYPEDDATA_GET_DATA", "ruby.h")
have_struct_member("struct st_table", "bins", "ruby/st.h")

# What some systems lack, and the dumper can do without.
have_func("process_vm_readv", "sys/uio.h")
have_func("pipe2", "unistd.h")
have_func("memfd_create", "sys/mman.h")
have_func("prctl", "sys/prctl.h")
have_func("mincore", "sys/mman.h")

# The extension exports Init_heapdump and the functions of gdb.h alone: other names could be the
# same as names in another library of the application.
append_cflags("-fvisibility=hidden")
append_cflags("-std=gnu11")
# If a function is missing, the installation has to fail, and not the loading of the gem.
append_cflags("-Werror=implicit-function-declaration")
# Distributions build with these flags, but a Ruby that somebody has compiled may lack them.
append_cflags("-fstack-protector-strong")
append_ldflags("-Wl,-z,relro,-z,now")
# HEAPDUMP_PEDANTIC makes every compiler warning an error, except two that Ruby's headers cause.
pedantic = " -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
$CFLAGS << pedantic if ENV["HEAPDUMP_PEDANTIC"]

create_makefile("heapdump/heapdump")
