# frozen_string_literal: true

require_relative "../ship"

module HeapDump
  module CLI
    # The options of commands that bring dumps to another place, and what they mean.
    module SinkOptions
      private

      def sink_options(parser)
        number_option(parser, "--stall S", 1..86_400,
                      "seconds without progress after which a try has failed",
                      "(default 60)") { |n| @stall = n }
        parser.on("--plain-http", "allow http:// to other machines than this one") do
          @plain_http = true
        end
      end

      def sink(address)
        HeapDump::Ship::Address.check_argument(address)
        HeapDump::Ship.sink(address, timeout: @stall || 60, plain_http: @plain_http || false)
      end
    end
  end
end
