# frozen_string_literal: true

module NastyHeap
  # What takes megabytes or thousands.
  class Giants < Family
    MEGABYTE = 1 << 20
    MILLION = 1_000_000
    KINDS = %i[ascii utf8 binary controls broken].freeze

    # The same bytes here and in the tests, which do not take them from the dump.
    def self.string(kind)
      case kind
      when :ascii then "The quick brown fox jumps over the lazy dog. " * (MEGABYTE / 45)
      when :utf8 then "Füße, 日本, 😀. " * (MEGABYTE / 20)
      when :binary then ((0..255).map(&:chr).join.b * (MEGABYTE / 256)).b
      when :controls then (0..31).map(&:chr).join * (MEGABYTE / 32)
      when :broken then "#{"almost fine " * (MEGABYTE / 12)}\xFF"
      end
    end

    def build
      KINDS.each do |kind|
        content = Giants.string(kind)
        plant(:"giant_#{kind}", content, type: "STRING", bytesize: content.bytesize)
      end
      arrays
      hashes
      chain
      methods
      deep_stack
    end

    private

    def arrays
      plant(:giant_integers, Array.new(MILLION) { |i| i }, type: "ARRAY", length: MILLION)
      few = Array.new(10) { Object.new }
      shared = Array.new(MILLION) { |i| few[i % 10] }
      plant(:giant_shared, shared[1000..], type: "ARRAY", length: MILLION - 1000)
      plant(:giant_objects, Array.new(MILLION) { |i| few[i % 10] }, type: "ARRAY",
                                                                    length: MILLION)
      plant(:giant_nested, Array.new(20_000) { [[]] }, type: "ARRAY", length: 20_000)
    end

    def hashes
      plant(:giant_hash, (0...100_000).to_h { |i| [i, -i] }, type: "HASH", size: 100_000)
      keys = (0...20_000).to_h { |i| [text("key #{i}"), nil] }
      plant(:giant_string_keys, keys, type: "HASH", size: 20_000)
    end

    # A list that kills whoever recurses.
    def chain
      plant(:giant_chain, (0...20_000).reduce(nil) { |rest, _| [rest] }, type: "ARRAY", length: 1)
    end

    def methods
      klass = Class.new do
        5000.times { |i| class_eval("def method_number_#{i}(a) = a", "five_thousand.rb", i + 1) }
      end
      NastyHeap.const_set(:FiveThousand, klass)
      plant(:giant_class, klass, name: "NastyHeap::FiveThousand")
    end

    def deep_stack
      ready = Queue.new
      thread = Thread.new { descend(5000, ready) }
      thread.name = "very deep"
      ready.pop
      Thread.pass until thread.stop?
      plant(:giant_stack, thread, struct: "VM/thread", thread_name: "very deep")
    end

    def descend(level, ready)
      return descend(level - 1, ready) if level.positive?

      ready << true
      sleep
    end
  end
end
