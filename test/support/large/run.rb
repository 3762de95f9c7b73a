# frozen_string_literal: true

require "tmpdir"
require_relative "../child"
require_relative "../extension"
require_relative "heaps"
require_relative "audit"

module Large
  # One heap, built and dumped in a process of its own, and what the laws say of its dumps.
  class Run
    attr_reader :problems, :objects, :bytes, :seconds

    def initialize(heap, count, variants)
      @heap = heap
      @count = count
      @variants = variants
    end

    # Returns itself.
    def call(timeout: 60)
      prepare
      Dir.mktmpdir("heapdump-large") do |directory|
        arguments = [@heap.name.to_s, @count.to_s, directory, *@variants.map(&:name)]
        Child.ruby!("load 'support/large/host.rb'", *arguments, bare: true, timeout: timeout)
        audit(directory)
      end
      self
    rescue Child::Failed => e
      @problems = { "host" => [e.message[0, 2000]] }
      self
    end

    def to_s
      problems.map do |variant, list|
        "#{@heap.name} of #{@count}, #{variant}: #{list.size} problems:\n    " \
          "#{list.first(5).map { |problem| problem[0, 400] }.join("\n    ")}"
      end.join("\n")
    end

    private

    def prepare
      Oracle.compile
      Extension.new("many").compile
    end

    def audit(directory)
      audit = Audit.new(directory, @variants)
      @problems = audit.problems
      @objects = audit.objects
      @bytes = audit.bytes
      @seconds = audit.seconds
    end
  end
end
