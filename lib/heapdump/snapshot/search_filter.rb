# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The conditions of a Search as Graph#find takes them, and those that remain for the lines.
    class SearchFilter # :nodoc:
      # In the order of enum hg_subject (ext/heapgraph/search/conditions.h).
      SUBJECTS = %i[type class is_a held_by held_by_instance holds holds_instance size retained
                    objects flag].freeze
      # In the order of enum hg_relation.
      RELATIONS = %w[= != < <= > >=].freeze
      # What is answered by a list of nodes.
      LISTS = %i[page proc].freeze
      private_constant :SUBJECTS, :RELATIONS, :LISTS

      # Those that need lines (WhereFields).
      attr_reader :fields

      # +conditions+ is a Hash as for Snapshot#find.
      def initialize(snapshot, conditions)
        @snapshot = snapshot
        given = conditions[:where] ? Where.parse(conditions[:where]) : []
        by_list, given = given.partition { |condition| LISTS.include?(condition.subject) }
        by_line, known = given.partition(&:line?)
        @fields = WhereFields.new(snapshot, by_line)
        known.map! { |condition| in_numbers(condition) }
        known.concat(types_of_fields) if @fields.any?
        @hash = { classes: conditions[:class]&.then { |name| snapshot.classes_named(name) },
                  type: conditions[:type]&.then { |word| type_number(word) },
                  least: conditions[:min_size] || 0, conditions: known,
                  nodes: by_list.map { |condition| list(condition) }.reduce(:&) }
      end

      # The keywords of Graph#find (Hash).
      def to_h
        @hash.dup
      end

      private

      # Numbers of nodes in ascending order.
      def list(condition)
        condition.subject == :page ? on_sparse_pages : Procs.at(@snapshot, condition.value)
      end

      def on_sparse_pages
        memory = @snapshot.summary.memory
        return @snapshot.graph.on_sparse_pages(memory.page_bytes / memory.pages) if memory.pages

        raise NotFound, "#{@snapshot.path} does not say what pages there are: page is not known"
      end

      def in_numbers(condition)
        subject, value = subject_and_value(condition.subject, condition.value)
        [SUBJECTS.index(subject), RELATIONS.index(condition.operator), value]
      end

      def subject_and_value(subject, value)
        case subject
        when :type, :flag then [subject, 1 << value]
        when :class then [:class, @snapshot.classes_named(value)]
        when :is_a then [:is_a, kinds(value)]
        when :held_by, :holds then relatives(subject, value)
        else [subject, value]
        end
      end

      def kinds(name)
        classes = @snapshot.classes_named(name)
        return classes if @snapshot.graph.superclasses?

        raise NotFound, "#{@snapshot.path} does not say which class is the superclass of which: " \
                        "use class = #{name} instead of is_a = #{name}"
      end

      # An object is meant by its address, the instances of a class by its name, a module that is no
      # class by its name.
      def relatives(subject, value)
        return [subject, [@snapshot.to_node(value.text.downcase).id]] if value.is_a?(Where::Address)

        named = @snapshot.classes_named(value)
        modules = named.all? { |number| @snapshot.node(number).type == "MODULE" }
        [modules ? subject : :"#{subject}_instance", named]
      end

      # Only objects of some types have a length, and an IMEMO has the variables of another object.
      def types_of_fields
        [["!=", %w[IMEMO]], ["=", @fields.types]].filter_map do |relation, types|
          bits = types&.sum { |type| 1 << Node::TYPES.index(type) }
          [SUBJECTS.index(:type), RELATIONS.index(relation), bits] if bits
        end
      end

      def type_number(word)
        Node::TYPES.index(word.to_s.upcase) or
          raise ArgumentError, "there is no type #{word}; it is one of " \
                               "#{(Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT]).join(" ")}"
      end
    end
  end
end
