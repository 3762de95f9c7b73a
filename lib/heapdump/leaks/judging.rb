# frozen_string_literal: true

module HeapDump
  class Leaks # rubocop:disable Style/Documentation -- see leaks.rb
    # The limits of one kind of use, and the class that judges by them.
    #
    # reader::          what the reader in C needs (Hash, as Rules.for_reader)
    # content_entries:: the content of an object grew if it has so many entries more
    # names_per_step::  names of variables are made from data if each step has so many more
    # verdict::         Verdict, or a class with other rules
    # more_contents::   what is called, and returns objects whose content may grow and that the
    #                   reader in C need not have seen: for each of them its Node in each dump
    #                   (Array of Arrays); nil: there is none
    Judging = Struct.new(:reader, :content_entries, :names_per_step, :verdict, # :nodoc:
                         :more_contents, keyword_init: true)

    # For dumps of a process that does other things besides, some minutes apart.
    def Judging.of_production
      new(reader: Rules.for_reader, content_entries: Rules::CONTENT_ENTRIES,
          names_per_step: Rules::NAMES_PER_STEP, verdict: Verdict)
    end
  end
end
