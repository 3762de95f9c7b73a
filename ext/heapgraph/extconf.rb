# frozen_string_literal: true

require "mkmf"

# Finds libyajl: that of the system, or else the one that the gem libyajl2 has compiled, if that gem
# is installed. So nobody needs to be root to install this gem.
module Yajl
  HEADER = "yajl/yajl_parse.h"

  def self.find
    pkg_config("yajl") if find_executable("pkg-config")
    of_system? || of_gem? || abort_with_advice
  end

  def self.of_system?
    have_header(HEADER) && have_library("yajl", "yajl_parse")
  end

  def self.of_gem?
    require "libyajl2"
    $LDFLAGS << " -Wl,-rpath,#{Libyajl2.opt_path}"
    find_header(HEADER, Libyajl2.include_path) &&
      find_library("yajl", "yajl_parse", Libyajl2.opt_path)
  rescue LoadError
    false
  end

  def self.abort_with_advice
    abort <<~TEXT
      libyajl is missing. Install one of these, then try again:
          apt-get install libyajl-dev
          gem install libyajl2
    TEXT
  end
end

# Each folder is a room: one stage of the reader. No two rooms have sources of the same name,
# because all object files lie in one folder. mkmf itself knows only headers beside this file; when
# any header has changed, all sources are compiled again.
rooms = Dir.glob("*/", base: __dir__).sort.map { |room| room.chomp("/") }
$srcs = Dir.glob("{#{rooms.join(",")}}/*.c", base: __dir__).map { |file| File.join(__dir__, file) }
$VPATH.concat(rooms.map { |room| "$(srcdir)/#{room}" })
$headers.concat(Dir.glob("*/*.h", base: __dir__).sort.map { |file| "$(srcdir)/#{file}" })

Yajl.find
have_library("dl", "dlopen") # part of the C library since glibc 2.34
have_library("pthread", "pthread_create")

# The extension exports Init_heapgraph alone.
append_cflags("-fvisibility=hidden")
append_cflags("-std=gnu11")
# Distributions build with these flags, but a Ruby that somebody has compiled may lack them, and the
# reader reads files that strangers wrote.
append_cflags("-fstack-protector-strong")
append_ldflags("-Wl,-z,relro,-z,now")
$defs << "-D_GNU_SOURCE"
$CFLAGS << " -O3"
# HEAPDUMP_PEDANTIC makes every compiler warning an error, except two that Ruby's headers cause.
pedantic = " -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
$CFLAGS << pedantic if ENV["HEAPDUMP_PEDANTIC"]

create_makefile("heapdump/heapgraph")
