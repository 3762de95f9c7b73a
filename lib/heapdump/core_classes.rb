# frozen_string_literal: true

module HeapDump
  # Classes of Ruby that hold others or are held by them: alone their names do not say what leaks.
  module CoreClasses # :nodoc:
    NAMES = %w[Array Hash Set String Symbol Proc Method Integer Float Struct Object Class Module
               Range MatchData Time Binding Enumerator env].freeze
    private_constant :NAMES

    # Whether it is one of them, or an object without a class: "(proc)".
    def self.include?(name)
      NAMES.include?(name) || name.start_with?("(")
    end
  end
end
