# frozen_string_literal: true

# What HeapDump.watch promises, where it is hard to keep. The files say more.
#
#   rake watch:proof    leaking servers until they are killed (RUNS=20, LIMIT=512 MiB, GROUP=1 …)
#   rake watch:pace     processes that leak at a certain rate (RATES=28,64,145, LIMIT=1024 …)
#   rake watch:storm    40 processes that all want to dump at once, killed and started again
#   rake watch:soak     what a watch costs the application (MINUTES=15)
namespace :watch do
  { proof: "Let watched servers leak until they are killed, and judge their dumps",
    pace: "Let watched processes leak at certain rates until they are killed",
    storm: "Let 40 processes of one directory want to dump at once",
    soak: "Compare a server's latency and memory with and without a watch" }.each do |name, words|
    desc words
    task name => :compile do
      sh(RbConfig.ruby, "test/rounds/watch_#{name}.rb", verbose: false)
    end
  end
end
