# frozen_string_literal: true

require_relative "requiring"

module HeapDump
  module Measure
    module Inside # :nodoc:
      class << self
        # What each require adds to the resident memory of the process.
        def resident(job)
          meter = Resident.new
          return { unknown: true } unless meter.known?

          { before: meter.now, **requires(job, meter), after: meter.now }
        end

        # What each require leaves of objects.
        def objects(job)
          require_relative "../../../heapdump"
          meter = Objects.new
          found = nil
          meter.count { found = requires(job, meter) }
          { **found, costs: meter.costs(found[:parents].size) }
        end

        private

        def requires(job, meter)
          requiring = Requiring.new(meter)
          requiring.during { Application.load(job[:entry]) }
          requiring.to_h
        end
      end

      # Reads how much memory of this process is resident.
      class Resident
        PATH = "/proc/self/statm"

        def initialize
          return unless File.readable?(PATH)

          require "etc"
          @page = Etc.sysconf(Etc::SC_PAGESIZE)
          @file = File.open(PATH)
          @before = []
        end

        def known?
          !@file.nil?
        end

        # Bytes.
        def now
          @file.pread(200, 0).split(" ", 3)[1].to_i * @page
        end

        def enter(_number)
          @before << now
        end

        # Returns what it costs.
        def leave(_outer)
          now - @before.pop
        end
      end

      # Counts the objects that live at the end, by the require in which they were made.
      class Objects
        OUTSIDE = 0 # what no require has made

        def initialize
          @allocations = HeapDump.const_get(:Allocations).new(1, false, "")
        end

        def count(&)
          GC.start
          @allocations.count(OUTSIDE, &)
          2.times { GC.start }
          GC.disable
          @found = @allocations.finish
        ensure
          @allocations.stop
        end

        def enter(number)
          @allocations.run = number + 1
        end

        def leave(outer)
          @allocations.run = outer + 1
          nil
        end

        # [objects, bytes] of each of +number+ requires, without those that it requires, and last of
        # none.
        def costs(number)
          sums = Array.new(number + 1) { [0, 0] }
          @found[:cells].each do |cell|
            sum = sums[cell[0] - 1]
            sum[0] += cell[8]
            sum[1] += cell[9]
          end
          sums
        end
      end
    end
  end
end
