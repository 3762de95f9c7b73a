// node memlab.cjs RESULT FIRST SECOND THIRD: what memlab makes of three heap snapshots, as JSON:
//   retained   of the second: {id: bytes}
//   leaks      what the second has, the first has not and the third still has: {class: number}
const {writeFileSync, mkdtempSync, rmSync} = require('node:fs');
const {tmpdir} = require('node:os');
const {join} = require('node:path');
const {getFullHeapFromFile} = require('@memlab/heap-analysis');
const {findLeaksBySnapshotFilePaths} = require('@memlab/api');
const {config} = require('@memlab/core');

(async () => {
  const [result, ...paths] = process.argv.slice(2);
  const retained = {}, leaks = {};
  config.muteConsole = true;
  const heap = await getFullHeapFromFile(paths[1]);
  heap.nodes.forEach(node => { retained[node.id] = node.retainedSize; });

  // Asked of each object that may leak, by memlab's own comparison.
  config.externalLeakFilter = {
    leakFilter(node) {
      leaks[node.name] = (leaks[node.name] ?? 0) + 1;
      return false;
    },
  };
  const workDir = mkdtempSync(join(tmpdir(), 'memlab-'));
  await findLeaksBySnapshotFilePaths(...paths, {workDir});
  rmSync(workDir, {recursive: true});
  writeFileSync(result, JSON.stringify({retained, leaks}));
})();
