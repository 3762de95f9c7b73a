# frozen_string_literal: true

module HeapDump
  module Measure
    # What runs in the process of the application.
    module Inside # :nodoc:
      # Ends the job with an answer that says what is wrong.
      class Stop < StandardError
        attr_reader :answer

        def initialize(answer)
          super()
          @answer = answer
        end

        # An exception as text (Hash).
        def self.words(error)
          place = error.backtrace&.find { |line| !line.start_with?("<internal:") }
          { class: text { Kernel.instance_method(:class).bind_call(error).to_s },
            message: text { error.message.to_s }, place: place&.to_s }
        end

        # What a program has replaced may raise.
        def self.text
          yield.to_str
        rescue StandardError
          "(unknown)"
        end
        private_class_method :text
      end

      # Loads the application, and returns it.
      module Application
        class << self
          def load(entry)
            path = File.expand_path(entry)
            entry.end_with?(".ru") ? from_rackup(path) : from_rails(path)
          rescue Exception => e # rubocop:disable Lint/RescueException -- also of exit and syntax
            raise Stop, { failed: :load, **Stop.words(e) }
          end

          private

          # Rack 2 returns options besides.
          def from_rackup(path)
            require "rack"
            app, = ::Rack::Builder.parse_file(path)
            app
          end

          def from_rails(path)
            require path
            ::Rails.application
          end
        end
      end
    end
  end
end
