# frozen_string_literal: true

# Methods are defined when they are first called, from code that has a line for each.
require_relative "../scenario"

class Formats
  def self.json = class_eval("def to_json_format = 1", "formats/json.rb", 1)
  def self.xml = class_eval("def to_xml_format = 1; def xml_head = 2", "formats/xml.rb", 1)

  def self.text
    class_eval("def to_text_format = 1\ndef text_head = 2\ndef text_tail = 3", "formats/text.rb")
  end
end

Scenario.clean "methods of the program", objspace: true
Scenario.rounds { |round| Formats.public_send(%i[json xml text].fetch(round)) }
