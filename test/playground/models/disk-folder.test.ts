import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fetchFromFolder, folderAddress, withoutFolderAddress } from '../../../playground/src/models/disk-folder.js';
import { type ChosenFile, fileAddress, modelIn, modelNamed } from '../../../playground/src/models/given-model.js';
import { CheckpointError } from '../../../src/errors.js';
import { loadModel } from '../../../src/index.js';

const elsewhere: typeof fetch = async () => new Response('elsewhere');

/** A file as the browser gives it of a chosen folder. */
function chosen(webkitRelativePath: string, content: string): ChosenFile {
  const name = webkitRelativePath.split('/').at(-1)!;
  return Object.defineProperty(new File([content], name), 'webkitRelativePath', { value: webkitRelativePath });
}

test('any range of a file is answered as by a server', async () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const fetchFile = fetchFromFolder(new Map([['a/b c.bin', new Blob([bytes])]]), elsewhere);
  const url = new URL('a/b c.bin', folderAddress('my models'));
  await fc.assert(
    fc.asyncProperty(fc.nat(120), fc.nat(120), async (first, length) => {
      const headers = { range: `bytes=${first}-${first + length}` };
      const answer = await fetchFile(url, { headers });
      expect(answer.status).toBe(first < bytes.length ? 206 : 416);
      if (!answer.ok) return;
      const part = bytes.slice(first, first + length + 1);
      expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${first + part.length - 1}/100`);
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(part);
    }),
  );
  expect(new Uint8Array(await (await fetchFile(url)).arrayBuffer())).toEqual(bytes);
});

test('other files are absent, and other addresses go to the network', async () => {
  const fetchFile = fetchFromFolder(new Map(), elsewhere);
  expect((await fetchFile(new URL('none', folderAddress('x')))).status).toBe(404);
  expect(await (await fetchFile('https://example.org/none')).text()).toBe('elsewhere');
  expect(withoutFolderAddress(`cannot read ${folderAddress('x')}fourm.json`)).toBe('cannot read x/fourm.json');
});

test('a model of a folder with a fourm.json is read from its files', async () => {
  const { id, name, folder } = modelIn([chosen('own/fourm.json', '{}'), chosen('own/sub/other.txt', '')]);
  expect(name).toBe('own');
  expect([...folder!.keys()]).toEqual(['fourm.json', 'sub/other.txt']);
  const loading = loadModel(id, { fetch: fetchFromFolder(folder!, elsewhere), cache: false, backend: 'cpu' });
  await expect(loading).rejects.toThrow(CheckpointError);
  await expect(loading).rejects.toThrow(/fourm\.json/);
});

test('a folder with a published checkpoint gives it, its tokenizers and the vocabulary', () => {
  const vocabulary = 'text_tokenizer_4m_wordpiece_30k.json';
  const files = ['4M/model.safetensors', '4M/4M_tokenizers_depth/model.safetensors', `4M/${vocabulary}`];
  const { id, options, folder } = modelIn(files.map((path) => chosen(path, path)));
  expect([id, options.text]).toEqual([expect.stringMatching(/^blob:/), expect.stringMatching(/^blob:/)]);
  expect(Object.keys(options.tokenizers!)).toEqual(['EPFL-VILAB/4M_tokenizers_depth']);
  expect(folder).toBeUndefined();
});

test('a folder without a model is an error', () => {
  expect(() => modelIn([chosen('own/readme.txt', '')])).toThrow(
    "'own' has neither a fourm.json nor a model.safetensors",
  );
  expect(() => modelIn([])).toThrow('The folder has neither');
});

test('a name is a repository or an address, and its files are there', () => {
  const page = 'http://localhost/play/';
  expect(fileAddress(modelNamed('EPFL-VILAB/4M-21_B@v1', page), 'README.md')).toBe(
    'https://huggingface.co/EPFL-VILAB/4M-21_B/resolve/v1/README.md',
  );
  expect(fileAddress(modelNamed('a/b', page, 'http://mirror/'), 'x')).toBe('http://mirror/a/b/resolve/main/x');
  expect(fileAddress(modelNamed('../models/own/', page), 'x')).toBe('http://localhost/models/own/x');
  expect(() => modelNamed('http://', page)).toThrow(TypeError);
});
