// node memlab.cjs SNAPSHOT CLASS: seconds that memlab needs to read a heap snapshot, and then to say
// which object of a class retains most and who holds it; megabytes that it needs for both.
const {getFullHeapFromFile} = require('@memlab/heap-analysis');
const {config} = require('@memlab/core');

(async () => {
  const [path, name] = process.argv.slice(2);
  config.muteConsole = true;
  const begun = process.hrtime.bigint();
  const seconds = () => Number(process.hrtime.bigint() - begun) / 1e9;
  const heap = await getFullHeapFromFile(path);
  const loaded = seconds();
  let largest = null;
  heap.nodes.forEach(node => {
    if (node.name === name && (!largest || node.retainedSize > largest.retainedSize)) largest = node;
  });
  const steps = [];
  for (let edge = largest?.pathEdge; edge; edge = edge.fromNode.pathEdge) steps.push(edge.name_or_index);
  const answered = seconds();
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1000);
  console.log(JSON.stringify({loaded, answered, megabytes, steps: steps.length}));
})();
