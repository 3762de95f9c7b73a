# frozen_string_literal: true

# Law 2 by way of what is left over: kinds of objects whose every reference has a name, so that
# the list `references` of their lines has nothing but what the VM hangs on any object.
class NameLaw
  TYPES = %w[OBJECT STRING SYMBOL ARRAY HASH STRUCT FLOAT BIGNUM RATIONAL COMPLEX REGEXP MATCH
             ICLASS].freeze
  STRUCTS = %w[proc].freeze
  MODULES = %w[CLASS MODULE ICLASS].freeze
  IMEMOS = %w[env cref constcache ifunc cdhash memo].freeze

  attr_reader :nameless

  def initialize(after)
    @slots = after.slots
    @nameless = []
  end

  def feed(line)
    rest = line["references"]
    return unless rest && named?(line)

    rest = rest.reject { |target| nameless?(line, @slots[target.hex]) }
    return if rest.empty?

    kinds = rest.map { |target| "#{target} #{@slots[target.hex]&.type}" }
    @nameless << "#{line.inspect[0, 300]}: #{kinds.first(5).join(", ")}"
  end

  private

  # IMEMOs, and the one behind a module that prepends another. Since Ruby 4.0 tables of methods and
  # of caches are DATA.
  def nameless?(line, slot)
    return true if slot&.type == "IMEMO"
    return true if slot&.type == "DATA" && RUBY_VERSION >= "4" && MODULES.include?(line["type"])

    line["type"] == "ICLASS" && slot&.type == "ICLASS"
  end

  def named?(line)
    TYPES.include?(line["type"]) || STRUCTS.include?(line["struct"]) ||
      IMEMOS.include?(line["imemo_type"])
  end
end
