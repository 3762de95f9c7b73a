# frozen_string_literal: true

require "rspec/core"
require "rspec/expectations"
require_relative "testing"

module HeapDump
  # Matchers for RSpec that fail when something leaks. They are part of all example groups once this
  # file is required.
  #
  #   require "heapdump/rspec"
  #
  #   it "forgets its visitors" do
  #     expect { visit }.not_to grow_heap
  #   end
  #
  # They make heap dumps only if HEAPDUMP_TESTS is "1" in the environment, because that takes a
  # while. Otherwise the block runs once, and the example is skipped.
  #
  # An example with the metadata +:heap_growth+ runs again and again itself, and fails if something
  # grows; if dumps are off, it is an example as any other. The metadata may have options of
  # Testing::Growth.of, and +skip+ with the reason not to do it.
  #
  #   it "signs out", :heap_growth do … end
  #   it "signs in", heap_growth: { loops: 10 } do … end
  #   it "imports", heap_growth: { skip: "see issue 12" } do … end
  module RSpec
    autoload :Again, "#{__dir__}/rspec/again"
    autoload :GrowHeap, "#{__dir__}/rspec/grow_heap"
    autoload :Matcher, "#{__dir__}/rspec/matcher"
    autoload :Release, "#{__dir__}/rspec/release"

    # Matches a block after each round of which the heap has grown. To be used with +not_to+.
    # GrowHeap has what can be added. Returns a GrowHeap.
    #
    #   expect { visit }.not_to grow_heap
    #   expect { visit }.not_to grow_heap.of(Shop::Session).times(3).after_warmup(2)
    #   expect { visit }.not_to grow_heap.by_more_than(10).objects
    def grow_heap
      GrowHeap.new
    end

    # Matches a block after which no object of these classes is held that the block has made.
    # Returns a Release.
    #
    #   expect { visit }.to release(Shop::Session)
    def release(*classes)
      Release.new(classes)
    end

    # Matches a block after which no object is held that the block has given to its argument.
    # Returns a Release.
    #
    #   expect { |objects| sign_out(objects.add(sign_in)) }.to release_objects
    def release_objects
      Release.new(nil)
    end

    ::RSpec.configure do |config|
      config.include(self)
      config.when_first_matching_example_defined(:heap_growth) { Again.install if Testing.on? }
    end
  end
end
