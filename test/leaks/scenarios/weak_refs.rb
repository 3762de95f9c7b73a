# frozen_string_literal: true

# A list of WeakRefs whose dead ones are thrown out: what they point to is free.
require "weakref"
require_relative "../scenario"

class Picture
  def initialize(name) = @name = name
end

class Gallery
  @refs = []

  class << self
    def add(picture)
      @refs.shift if @refs.size >= 50
      @refs << WeakRef.new(picture)
    end
  end
end

Scenario.clean "at most 50 weak references"
Scenario.rounds { |round| 100.times { |i| Gallery.add(Picture.new("#{round}.#{i}")) } }
