# frozen_string_literal: true

module HeapDump
  module Outside
    class Container
      # One thing that was found.
      #
      # state::   :ok; :note, if it matters for some ways of dumping only; :wrong, if it stands in
      #           the way of a dump
      # message:: what it is
      # advice::  what to do, nil if nothing has to be done
      # figures:: numbers and words for programs (Hash)
      Finding = Struct.new(:name, :state, :message, :advice, :figures) do
        def self.ok(name, message, **figures)
          new(name, :ok, message, nil, figures)
        end

        def self.note(name, message, advice, **figures)
          new(name, :note, message, advice, figures)
        end

        def self.wrong(name, message, advice, **figures)
          new(name, :wrong, message, advice, figures)
        end
      end
    end
  end
end
