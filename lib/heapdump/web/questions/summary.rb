# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What the heap and the process consist of.
      class Summary < Question
        of_dump

        MOST_REFERRED = 10
        private_constant :MOST_REFERRED

        def answer
          summary = snapshot.summary(limit: MOST_REFERRED, program: true)
          { header: snapshot.header, whole: snapshot.whole, warnings: snapshot.warnings,
            objects: snapshot.objects, memory: summary.memory.to_h,
            account: account(summary.account), traced: summary.traced?,
            besides: snapshot.aside.to_h,
            most_referred: summary.most_referred.map do |one|
              { **facts.object(one.node), references: one.references }
            end }
        end

        private

        def account(account)
          { rss: account.rss, parts: account.parts, words: Snapshot::Account::PARTS,
            reasons: Snapshot::Account::REASONS, allocator: account.allocator,
            stacks: account.stacks, files: account.files.map(&:to_h),
            jit: account.jit, cgroup: account.cgroup }
        end
      end
    end
  end
end
