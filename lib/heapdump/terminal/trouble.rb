# frozen_string_literal: true

module HeapDump
  module Terminal
    # Errors of the system in our own words: without the name of a C function, and with advice if
    # there is any.
    #
    #   Trouble.words(Errno::ENOSPC.new) # => "the disk is full"
    module Trouble
      WORDS = {
        Errno::ENOENT => "there is no such file or directory",
        Errno::EACCES => "this user has no right to it",
        Errno::EPERM => "this user has no right to do that",
        Errno::EISDIR => "it is a directory",
        Errno::ENOTDIR => "a part of its path is no directory",
        Errno::EEXIST => "there is a file of that name already",
        Errno::ENOSPC => "the disk is full",
        Errno::EDQUOT => "this user may not store more (disk quota)",
        Errno::EFBIG => "the file would be larger than this process may write (ulimit -f)",
        Errno::EROFS => "the file system can only be read",
        Errno::ENAMETOOLONG => "the name is too long",
        Errno::ELOOP => "it is a symbolic link, or there are too many of them on the way",
        Errno::EMFILE => "this process has too many open files (ulimit -n)",
        Errno::ENOMEM => "there is not enough memory"
      }.freeze

      # How Ruby words it: "No such file or directory @ rb_sysopen - /tmp/x".
      RAW = /\A(?<what>.*?)(?: @ \w+)?(?: - (?<path>.*))?\z/m
      private_constant :RAW

      module_function

      # An error (SystemCallError) in words, without the name of the file.
      def words(error)
        WORDS.fetch(error.class) { RAW.match(error.message)[:what].sub(/\A\p{Lu}/, &:downcase) }
      end

      # An error in words, with the name of the file if the error has it.
      def sentence(error)
        path = RAW.match(error.message)[:path]
        path ? "#{path.delete_prefix("(").delete_suffix(")")}: #{words(error)}" : words(error)
      end
    end
  end
end
