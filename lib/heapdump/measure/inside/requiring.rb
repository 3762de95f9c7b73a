# frozen_string_literal: true

module HeapDump
  module Measure
    module Inside
      # Notes which file requires which, and what a meter says of each: +enter+ is called with its
      # number, and +leave+, which returns its cost, with the number of the one around it.
      class Requiring
        # The name of this code in backtraces: libraries that look for the file that has required
        # them pass over names that begin like this.
        NAME = "<internal:heapdump>"
        # Kernel has these methods twice, and other libraries, as Zeitwerk and Bootsnap, rename and
        # replace the first; so they are renamed and replaced here too, and nothing is prepended.
        METHODS = <<~RUBY
          alias_method :heapdump_require, :require
          alias_method :heapdump_load, :load
          def require(path)
            ::HeapDump::Measure::Inside::Requiring.around(path) { heapdump_require(path) }
          end
          def load(path, wrap = false)
            ::HeapDump::Measure::Inside::Requiring.around(path, true) { heapdump_load(path, wrap) }
          end
          def require_relative(path)
            file = ::HeapDump::Measure::Inside::Requiring.beside(path, caller_locations(1, 1)[0])
            ::HeapDump::Measure::Inside::Requiring.around(file) { heapdump_require(file) }
          end
        RUBY
        private_constant :NAME, :METHODS

        class << self
          attr_accessor :current

          # Calls the block, which loads a file.
          def around(path, load = false, &) # rubocop:disable Style/OptionalBooleanParameter
            current ? current.around(path, load, &) : yield
          end

          # The file that a relative path means in the code at a place, as Ruby finds it.
          def beside(path, place)
            path = File.path(path)
            return path if path.start_with?("/")

            base = place.absolute_path || place.path
            raise LoadError, "cannot infer basepath" if base.start_with?("(eval")

            File.expand_path(path, File.dirname(base))
          end

          # Methods of a file of its own name, so they are not in the way of those who look for
          # callers.
          def replace
            @replace ||= begin
              [Kernel, Kernel.singleton_class].each do |owner|
                owner.class_eval(METHODS, NAME)
              end
              Kernel.send(:private, :require, :load, :require_relative)
              true
            end
          end
        end

        def initialize(meter)
          @meter = meter
          @thread = Thread.current
          @stack = []
          @files = []
          @parents = []
          @costs = []
          @kept = -1 # the highest number that has a file
        end

        # While the block runs, requires of this thread are noted.
        def during
          self.class.replace
          self.class.current = self
          yield
        ensure
          self.class.current = nil
        end

        # Files, and for each the number of the one that requires it (-1: none) and its cost. The
        # file is nil if it was loaded before.
        def to_h
          { files: @files, parents: @parents, costs: @costs }
        end

        def around(path, load)
          return yield unless Thread.current == @thread

          number = enter
          loaded = false
          begin
            loaded = yield
          ensure
            leave(number, path, load, loaded)
          end
        end

        private

        def enter
          number = @files.size
          @files << nil
          @parents << (@stack.last || -1)
          @costs << nil
          @stack << number
          @meter.enter(number)
          number
        end

        # What raises keeps the name that it was required by, if it has loaded others before.
        def leave(number, path, load, loaded)
          @stack.pop
          @costs[number] = @meter.leave(@stack.last || -1)
          @files[number] =
            if loaded then load ? File.expand_path(path) : $LOADED_FEATURES.last
            elsif @kept > number then File.path(path).dup
            end
          @kept = [@kept, number].max if @files[number]
        end
      end
    end
  end
end
