// node devtools.mjs RESULT EARLIER LATER: what Chrome DevTools makes of two heap snapshots, as JSON:
//   retained   of each: {id: bytes}
//   diff       of the later to the earlier: {class: [added, removed]}
import {openSync, readSync, writeFileSync} from 'node:fs';

Promise.withResolvers ??= function() {
  let resolve, reject;
  const promise = new this((one, other) => [resolve, reject] = [one, other]);
  return {promise, resolve, reject};
};

const {HeapSnapshot, HeapSnapshotLoader} = await import('./worker.mjs');

// As the worker does: by its own loader, piece by piece, with a second worker for the tree.
async function load(path) {
  const dispatcher = {sendEvent() {}};
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader(dispatcher);
  const file = openSync(path), piece = Buffer.alloc(1 << 20), decoder = new TextDecoder();
  for (let size; (size = readSync(file, piece)) > 0;) {
    await loader.write(decoder.decode(piece.subarray(0, size), {stream: true}));
    await new Promise(setImmediate);
  }
  loader.close();
  const channel = new MessageChannel();
  new HeapSnapshot.SecondaryInitManager(channel.port2);
  return loader.buildSnapshot(channel.port1);
}

function retained(snapshot) {
  const sizes = {};
  for (let nodes = snapshot.allNodes(); nodes.hasNext(); nodes.next()) {
    sizes[nodes.item().id()] = nodes.item().retainedSize();
  }
  return sizes;
}

const snapshots = [];
for (const path of process.argv.slice(3)) snapshots.push(await load(path));
const [earlier, later] = snapshots;
const base = earlier.aggregatesForDiff(later.interfaceDefinitions());
const diff = Object.values(later.calculateSnapshotDiff(1, base));
writeFileSync(process.argv[2], JSON.stringify({
  retained: snapshots.map(retained),
  diff: Object.fromEntries(diff.map(one => [one.name, [one.addedCount, one.removedCount]])),
}));
process.exit(0);
