# frozen_string_literal: true

module HeapDump
  module CLI
    # The examples at the end of each command's help: command lines, and what they are for.
    EXAMPLES = {
      "take" => [
        ["take 4711", "a dump of process 4711, as heap-4711-TIME.json"],
        ["take 4711 -o /var/tmp/heap.json.zst --gc", "living objects alone, compressed"],
        ["take 4711 --strings none", "without the contents of strings"],
        ["take 4711 --to 's3://ops-heaps/shop?region=eu-central-1'", "and to a bucket at once"]
      ],
      "ship" => [
        ["ship /var/tmp/heapdump --to 's3://ops-heaps/shop?region=eu-central-1'",
         "each dump, as soon as it is whole"],
        ["ship /heap --to env:HEAPDUMP_TO --once --delete", "what is there now, then remove it"],
        ["ship /heap --status", "which dumps were shipped, which wait, and which failed"]
      ],
      "fleet" => [
        ["fleet import /var/tmp/heapdump", "dumps and notes into heapdump-fleet.db"],
        ["fleet leaks --app shop --since 7d", "what leaks in the processes of an application"],
        ["fleet work --store postgres://ops@db/heaps", "which jobs memory grows with"]
      ],
      "doctor" => [
        ["doctor 4711", "whether `heapdump take 4711` will work, and why not"],
        ["doctor 4711 --json", "the same for a program"],
        ["doctor --container --dir /var/tmp", "whether there is room for dumps in this container"]
      ],
      "count" => [
        ["count 4711", "how many objects of each type process 4711 has"],
        ["count 4711 Shop Billing --gc", "living objects alone, by class below two modules as well"]
      ],
      "summary" => [
        ["summary heap.json", "where the memory is"],
        ["summary heap.json --limit 30 --all", "longer lists, with code and the VM's own"]
      ],
      "top" => [
        ["top heap.json --limit 5", "the five objects that retain most"],
        ["top heap.json 0x7f10a2b3c4d8 --depth 3", "what one of them is made of"],
        ["top heap.json --by class", "how much the objects of each class retain together"],
        ["top heap.json --by way", "how many objects each variable holds, and what they retain"],
        ["top heap.json --cells 30", "the whole heap by class, in 30 lines"]
      ],
      "why" => [
        ["why heap.json Billing::Invoice", "who holds the objects of a class"],
        ["why heap.json Billing::Invoice --tree 30", "the paths to all of them as a tree"],
        ["why heap.json 0x7f10a2b3c4d8", "who holds this object"]
      ],
      "show" => [
        ["show heap.json 0x7f10a2b3c4d8", "what an object is and holds, and who holds it"],
        ["show heap.json 0x7f10a2b3c4d8 --limit 100 --offset 100", "its second hundred references"]
      ],
      "find" => [
        ["find heap.json --class Session --min-size 1M", "large sessions"],
        ["find heap.json --type STRING --value /^SELECT/", "strings that begin with SELECT"],
        ["find heap.json --where 'is_a = Session and @cart != nil and retained > 1k'",
         "objects by several conditions"],
        ["find heap.json --where 'proc = \"app/bus.rb:9\"'", "the procs of one place"],
        ["find heap.json --type HASH --sort size --offset 20", "large hashes, after the first 20"]
      ],
      "strings" => [
        ["strings heap.json", "equal strings, and who holds them"],
        ["strings heap.json.gz --limit 100 --json", "the hundred worst, for a program"]
      ],
      "procs" => [
        ["procs heap.json", "callbacks that were added again and again"],
        ["procs heap.json --limit 100 --json", "the hundred places with most, for a program"]
      ],
      "diff" => [
        ["diff before.json after.json", "what grew, by class"],
        ["diff /var/tmp/heaps --by location", "all dumps of a directory, by place of allocation"]
      ],
      "leaks" => [
        ["leaks 1.json 2.json 3.json", "what leaks, and who holds it"],
        ["leaks /var/tmp/heaps --fail-on 'retained>5MB'", "all dumps of a directory, as a gate"],
        ["leaks 1.json 2.json 3.json --fail-on any --json", "every leak fails, for a program"]
      ],
      "trends" => [
        ["trends /var/tmp/heapdump", "what leaks in each process that a watch has dumped"],
        ["trends /var/tmp/heaps --csv", "all numbers over time, for a spreadsheet"]
      ],
      "report" => [
        ["report 1.json 2.json 3.json -o leak.html", "what leaks, to be handed on"],
        ["report heap.json -o large.html --values", "what is large, with contents of strings"]
      ],
      "ui" => [
        ["ui heap.json", "one dump"],
        ["ui /var/tmp/heaps --no-browser", "all dumps of a directory; open the address yourself"],
        ["ui --store env:HEAPDUMP_STORE", "what leaks in the processes of a fleet"]
      ],
      "measure" => [
        ["measure requires", "what each gem and file of the application here costs"],
        ["measure request --path /cart -o cart.html", "what a request allocates, and a page of it"],
        ["measure growth --path /cart --count 200 --fail-on any", "what grows over 600 requests"]
      ],
      "ask" => [
        ["ask --store /var/tmp/heapdump", "a dump of any process that watches with this directory"],
        ["ask --app puma --count 2 --dumps 3 --every 10m", "a series of two processes, over the " \
                                                           "bus of HEAPDUMP_ASK"],
        ["ask --list", "what was asked for, and what has become of it"]
      ],
      "notes" => [
        ["notes /var/tmp/heapdump", "what watched processes used in the end, and how they ended"],
        ["notes /var/tmp/heapdump --pid 41 --json", "the minutes of one of them, for a program"]
      ],
      "verify" => [
        ["verify heap.json", "whether it is whole"],
        ["verify - < heap.json.zst", "the same from standard input"]
      ],
      "convert" => [
        ["convert heap.json --to heapsnapshot -o heap.heapsnapshot", "for Chrome DevTools"],
        ["convert heap.json --to csv -o heap.csv.gz", "a table of all objects, compressed"],
        ["convert heap.json --to sqlite -o heap.db", "objects and references, for SQL"]
      ]
    }.freeze
  end
end
