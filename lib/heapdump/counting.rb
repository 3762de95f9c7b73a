# frozen_string_literal: true

require_relative "ractors"

module HeapDump
  # Does the work of HeapDump.counts: it finds the names of the namespaces, and counts.
  module Counting # :nodoc:
    # Takes, returns and raises what HeapDump.counts does.
    def self.of(namespaces, gc)
      Ractors.refuse
      names = Array(namespaces).map { |namespace| name_of(namespace) }
      result = HeapDump.send(:count, names, gc ? true : false)
      gc ? { "gc_ran" => true }.merge(result) : result
    end

    def self.name_of(namespace)
      case namespace
      when Module
        namespace.name or raise ArgumentError, "#{namespace.inspect} has no name to count by"
      when String, Symbol
        namespace.to_s
      else
        raise ArgumentError, "a namespace must be a module or a name, not #{namespace.inspect}"
      end
    end
    private_class_method :name_of
  end
  private_constant :Counting
end
