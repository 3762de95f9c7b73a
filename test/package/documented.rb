# frozen_string_literal: true

# What rdoc documents: the public API. lib/.document names its files; what they hold besides is
# marked :nodoc:.
class Documented
  OPTIONS = %w[--quiet --dry-run --format=ri --encoding=UTF-8].freeze # nothing is written
  SOURCES = %w[lib ext/heapdump/heapdump.c].freeze

  # A constant, or a method: ".dump" of the module itself, "#path" of its instances.
  Item = Struct.new(:owner, :name, :documented)

  attr_reader :modules, :constants, :methods

  def initialize(directory)
    require "rdoc" # not into the processes of other tests
    rdoc = RDoc::RDoc.new
    Dir.chdir(directory) { rdoc.document([*OPTIONS, *SOURCES]) }
    shown = rdoc.store.all_classes_and_modules.select(&:display?)
    @modules = shown.map { |one| Item.new(one.full_name, nil, one.documented?) }
    @constants = shown.flat_map { |one| items(one, one.constants, "") }
    @methods = shown.flat_map do |one|
      of_module, of_instances = [*one.method_list, *one.attributes].partition(&:singleton)
      items(one, of_module, ".") + items(one, of_instances, "#")
    end
  end

  private

  def items(owner, found, prefix)
    found.select { |one| one.display? && one.visibility == :public }.map do |one|
      Item.new(owner.full_name, "#{prefix}#{one.name}", one.documented? || !one.is_alias_for.nil?)
    end
  end
end
