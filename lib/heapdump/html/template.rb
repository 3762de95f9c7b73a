# frozen_string_literal: true

require "erb"

module HeapDump
  module Html
    # A template: what <%= … %> inserts is escaped, unless it is Markup.
    #
    #   class Threads < Section
    #     Template.define(self, :markup, "threads") # => html/templates/threads.html.erb
    #   end
    class Template < ERB
      FOLDER = "#{__dir__}/templates".freeze
      private_constant :FOLDER

      # Defines a method of a class that returns the template as Markup. In the template, self is
      # the object, and constants are those that the class sees.
      def self.define(owner, method, name)
        path = "#{FOLDER}/#{name}.html.erb"
        code = new(File.read(path, encoding: Encoding::UTF_8), trim_mode: "-").src
        code = code.delete_prefix("#coding:UTF-8\n")
        # an error in it names the file and line of the template
        owner.class_eval("def #{method}\n#{code}\nend", path, 0) # rubocop:disable Style/EvalWithLocation
      end

      # What ERB asks for: the code that begins, adds to and ends the output.
      def set_eoutvar(compiler, output = "_erbout")
        compiler.pre_cmd = ["#{output} = ::HeapDump::Html::Template::Output.new"]
        compiler.put_cmd = "#{output}.literal"
        compiler.insert_cmd = "#{output}.insert"
        compiler.post_cmd = ["#{output}.markup"]
      end

      # The page as it grows.
      class Output
        attr_reader :markup

        def initialize
          @markup = Markup.new
        end

        # A part of the template itself.
        def literal(text)
          @markup << text
        end

        # A value that is inserted.
        def insert(value)
          @markup << Markup.of(value)
        end
      end
    end
  end
end
