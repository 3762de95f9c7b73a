# frozen_string_literal: true

require "support/accounts"

# A machine that lacks libraries: the dynamic loader of a process does not find them.
module MissingLibraries
  LOADER = <<~C
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <string.h>
    void *dlopen(const char *name, int flags) {
        static void *(*real)(const char *, int);
        const char *lacking = getenv("LACKING");
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
        if (name && lacking && strstr(lacking, name)) return NULL;
        return real(name, flags);
    }
  C
  private_constant :LOADER

  # Where libraries are that only the processes of these tests find: a directory with zlib; see
  # rakelib/matrix/musl_ruby.rb.
  PLACE = ENV.fetch("HEAPDUMP_TEST_LIBRARIES", nil)

  # Each lacks other libraries; the ending of a dump that is to be .zst, and of one to be .gz.
  MACHINES =
    if PLACE || HeapDump::Compression.best == ".gz" # of itself this one lacks libzstd
      { "none" => [".gz", ".gz"], "libz.so.1" => ["", ""] }
    else
      { "none" => [".zst", ".gz"], "libzstd.so.1" => [".gz", ".gz"],
        "libz.so.1" => [".zst", ""], "libzstd.so.1 libz.so.1" => ["", ""] }
    end.freeze

  # Compiles the loader into a directory and returns its path. Only Linux preloads libraries so.
  def self.loader(directory)
    Accounts.compile(directory, LOADER) if RUBY_PLATFORM.include?("linux")
  end

  # The environment of a process that lacks the libraries +names+.
  def self.environment(loader, names)
    { "LD_PRELOAD" => loader, "LACKING" => names, "HEAPDUMP_COMPRESS" => nil,
      "LD_LIBRARY_PATH" => PLACE }
  end

  # The ending that a file ought to have, by its first bytes.
  def self.kind(path)
    case File.binread(path, 4)
    when "\x28\xB5\x2F\xFD".b then ".zst"
    when /\A\x1F\x8B/n then ".gz"
    when /\A\{/ then ""
    end
  end
end
