# frozen_string_literal: true

require "json"
require_relative "../oracle"
require_relative "../whole_dump"
require_relative "variants"
require_relative "lines"

module Large
  # All laws, over the dumps that a host has left in a directory.
  class Audit
    # Of the first variant.
    attr_reader :objects, :bytes, :seconds

    def initialize(directory, variants)
      @directory = directory
      @variants = variants
      @facts = JSON.parse(File.read(File.join(directory, "facts.json")))
      @before, @after = %w[a b].map { |name| Oracle::View.new(File.join(directory, name)) }
      @caches = @after.call_caches
      @known = { false => {}, true => {} }
    end

    # What is wrong, by the names of variants; none of what is right.
    def problems
      found = @variants.to_h { |variant| [variant.name, problems_of(variant)] }
      found.reject { |_, list| list.empty? }
    end

    private

    def problems_of(variant)
      result = @facts["results"].fetch(variant.name)
      return [result] if result.is_a?(String)

      path = File.join(@directory, variant.name + variant.extension)
      whole = WholeDump.new(path, objspace: variant.objspace?, known: @known[variant.objspace?])
      found = lines(variant).problems(whole)
      remember(path, whole.objects, @facts["seconds"].fetch(variant.name))
      written = [whole.objects, File.size(path)]
      found << "the result says #{result}, not #{written}" unless result == written
      whole.problems + roots(whole) + found
    end

    def lines(variant)
      kind = variant.objspace? ? ObjspaceLines : Lines
      kind.new(@before, @after, @facts["running"], @facts["manifest"])
    end

    def remember(path, objects, seconds)
      return if @objects

      @objects = objects
      @bytes = File.size(path)
      @seconds = seconds
    end

    def roots(whole)
      found = Hash.new { |hash, key| hash[key] = [] }
      whole.roots.each { |line| found[line["root"]].concat(References.of(line).map(&:hex)) }
      both = @before.roots.keys & @after.roots.keys
      both.flat_map { |category| root(category, found[category]) }
    end

    # See Laws#test_law_1_roots_are_those_of_mri.
    def root(category, found)
      before, after = [@before, @after].map { |view| view.roots[category] }
      lost = (before & after) - found - @caches
      invented = found - before - after - @caches - @facts["pendings"].map(&:hex)
      invented = [] if %w[machine_context finalizers].include?(category)
      lost = [] if category == "machine_context" && lost.size <= Lines::CHANCE
      { "lost" => lost, "invented" => invented }.reject { |_, list| list.empty? }
                                                .map do |kind, list|
        "#{list.size} roots of #{category} #{kind}"
      end
    end
  end
end
