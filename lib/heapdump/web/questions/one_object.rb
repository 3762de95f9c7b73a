# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # One object: what it is, who keeps it live, and its line.
      class OneObject < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        takes :paths, Kinds::Number.new(0..5), default: 5

        DOMINATORS = 50 # the nearest ones; an element of a list has many
        private_constant :DOMINATORS

        def answer
          chain = dominators
          { object: object_json, paths: paths, dominators: chain.first(DOMINATORS),
            more_dominators: chain.size > DOMINATORS, line: object.brief.except("frames"),
            **counts }
        end

        private

        def object
          @object ||= super
        end

        def object_json
          _retained, objects = snapshot.graph.retained(object.id)
          known = facts.object(object)
          { **known, retained_objects: known[:retained] && objects, location: object.location,
                     method: object.field("method"), generation: object.generation,
                     class_address: object.class_node&.to_s,
                     flags: object.flags.map(&:to_s).sort }
        end

        def paths
          all = snapshot.paths(object, limit: given[:paths], around: CLI::PathLines::AROUND)
          all.map do |path|
            { **facts.path(path, best: path.rank == all.first.rank), disjoint: path.disjoint? }
          end
        end

        # From the nearest up, and one more than are told.
        def dominators
          chain = []
          node = object
          while chain.size <= DOMINATORS
            node = snapshot.dominator(node)
            break if node.nil? || node.type == "VIRTUAL_ROOT"

            chain << facts.dominator(node)
          end
          chain
        end

        # How many references it has, how many lead to it, how many objects have it as their class,
        # and how many frames it has.
        def counts
          referrers, all = [false, true].map do |instances|
            snapshot.referrers(object, limit: 0, instances: instances).total
          end
          { references: snapshot.references(object, limit: 0).total, referrers: referrers,
            instances: all - referrers, frames: object.field("frames", Array)&.size }
        end
      end
    end
  end
end
