# frozen_string_literal: true

require "mkmf"

# Builds a program, lib/heapdump/attach, and no extension: `heapdump take` starts it. It knows no
# Ruby. Where it cannot be built, everything else is installed all the same, and `take` uses gdb.
module Attach
  FLAGS = %w[-std=gnu11 -O2 -g -fPIE -Wall -Wextra -Wno-unused-parameter].freeze
  # As distributions build programs, where the compiler knows these.
  HARDENING = ["-fstack-protector-strong", "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"].freeze
  LINKING = ["-pie", "-Wl,-z,relro,-z,now"].freeze

  def self.sources
    Dir.glob("*.c", base: __dir__).sort
  end

  def self.possible?
    RbConfig::CONFIG["host_os"].start_with?("linux") &&
      %w[x86_64 aarch64].include?(RbConfig::CONFIG["host_cpu"]) &&
      have_header("elf.h") && have_header("sys/ptrace.h")
  end

  # HEAPDUMP_PEDANTIC makes every compiler warning an error, and a program that is not built.
  def self.strict?
    ENV.key?("HEAPDUMP_PEDANTIC")
  end

  def self.flags
    found = FLAGS + HARDENING.select { |flag| try_cflags(flag) }
    found << "-Werror" if strict?
    found << "-DHEAPDUMP_CHECK" if ENV["HEAPDUMP_CHECK"] == "1" # see check.h
    found.join(" ")
  end

  WITHOUT = "attach is not built, so heapdump take needs gdb here"

  def self.or_without
    " || echo #{WITHOUT}" unless strict?
  end

  # RubyGems and rake call it with the usual targets, and with sitearchdir.
  def self.makefile
    <<~MAKE
      CC = #{RbConfig.expand(RbConfig::MAKEFILE_CONFIG["CC"].dup)}
      ATTACH_FLAGS = #{flags}
      LINKING = #{LINKING.select { |flag| try_ldflags(flag) }.join(" ")}
      INSTALL = #{RbConfig.expand(RbConfig::MAKEFILE_CONFIG["INSTALL"].dup)}
      srcdir = #{$srcdir}
      sitearchdir = #{RbConfig.expand(RbConfig::MAKEFILE_CONFIG["sitearchdir"].dup)}
      target_prefix = /heapdump
      SOURCES = #{sources.map { |file| "$(srcdir)/#{file}" }.join(" ")}
      HEADERS = #{Dir.glob("*.h", base: __dir__).sort.map { |file| "$(srcdir)/#{file}" }.join(" ")}

      all: attach

      attach: $(SOURCES) $(HEADERS) Makefile
      \t$(CC) $(ATTACH_FLAGS) $(SOURCES) -o $@ $(LINKING)#{or_without}

      install: all
      \tmkdir -p $(DESTDIR)$(sitearchdir)$(target_prefix)
      \ttest ! -f attach || $(INSTALL) -m 755 attach $(DESTDIR)$(sitearchdir)$(target_prefix)/attach

      clean:
      \trm -f attach

      distclean realclean: clean
      \trm -f Makefile mkmf.log

      .PHONY: all install clean distclean realclean
    MAKE
  end
end

if Attach.possible?
  message "creating Makefile\n"
  File.write("Makefile", Attach.makefile)
else
  message "#{Attach::WITHOUT}\n"
  File.write("Makefile", dummy_makefile(__dir__).join)
end
