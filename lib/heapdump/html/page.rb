# frozen_string_literal: true

require "digest/sha2"
require "json"

module HeapDump
  module Html
    # The HTML around the sections: a policy that lets a browser load nothing and run nothing but
    # the one script that is in the page, the style, and the data for the script.
    class Page
      FOLDER = "#{File.dirname(__dir__)}/web".freeze
      SCRIPT = File.read("#{FOLDER}/report.js", encoding: Encoding::UTF_8).freeze
      STYLE = File.read("#{FOLDER}/report.css", encoding: Encoding::UTF_8).freeze
      # What must not stand in a script element as it is, and what old scripts take for the end of a
      # line.
      HARMFUL = /[<>&\u2028\u2029]/
      private_constant :FOLDER, :HARMFUL

      Template.define(self, :whole, "page")

      # +head+ is the Head, +sections+ are Arrays of Section, +data+ is what the script needs
      # (anything that is JSON).
      def initialize(head, sections, data, shortened)
        @head = head
        @sections = sections
        @data = data
        @shortened = shortened
      end

      # Data as JSON that can stand in a page.
      def self.json(data)
        Markup.new(JSON.generate(data).gsub(HARMFUL) { |char| format("\\u%04x", char.ord) })
      end

      # The source of a script or style in the words of a Content-Security-Policy.
      def self.source(text)
        "'sha256-#{Digest::SHA256.base64digest(text)}'"
      end

      POLICY = ["default-src 'none'", "script-src #{source(SCRIPT)}", "style-src #{source(STYLE)}",
                "base-uri 'none'", "form-action 'none'"].join("; ").freeze

      private

      attr_reader :head, :sections, :shortened

      def policy
        Markup.new(POLICY)
      end

      def style
        Markup.new(STYLE)
      end

      def script
        Markup.new(SCRIPT)
      end

      def data
        Page.json(@data)
      end
    end
  end
end
