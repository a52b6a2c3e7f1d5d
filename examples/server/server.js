// A model behind HTTP: a picture is posted to the name of the output.
//   node examples/server/server.js [model] [port]
//   curl --data-binary @photo.png http://localhost:8080/depth > depth.png
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { CancelledError, InvalidInputError, loadModelInWorker, MediaError } from 'fourm/client';

const [id = 'toybox', port = '8080'] = process.argv.slice(2);
// In a worker, so that the server responds while the model computes. Requests are queued.
const worker = new Worker(new URL(import.meta.resolve('fourm/worker')));
const model = await loadModelInWorker(worker, id);

/** Bytes that a posted picture can have; more are not read. */
const MAX_UPLOAD = 64e6;

class TooLargeError extends Error {}

/** All bytes of a request. @throws TooLargeError as soon as there are more than {@link MAX_UPLOAD} */
async function upload(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_UPLOAD) throw new TooLargeError(`a picture has at most ${MAX_UPLOAD} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns the type of the response, and its body */
function answerOf(result) {
  if (result.toPng) return ['image/png', result.toPng()];
  const { tokens: _, drawOn: __, ...data } = result;
  return ['application/json', JSON.stringify(data)];
}

async function respond(request, response) {
  const name = request.url.slice(1);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const rgb = await upload(request);
    const results = await model.generate({ rgb }, { to: [name], signal: gone.signal });
    const [type, content] = answerOf(results[name]);
    response.setHeader('content-type', type).end(content);
  } catch (error) {
    if (error instanceof CancelledError) return;
    if (error instanceof TooLargeError) {
      response.writeHead(413, { connection: 'close' }).write(`${error.message}\n`);
      // A connection that is closed with unread bytes is reset, and the client may lose the response.
      request.resume();
      setTimeout(() => response.end(), 1000);
      return;
    }
    const isTheirs = error instanceof InvalidInputError || error instanceof MediaError;
    response.writeHead(isTheirs ? 400 : 500).end(`${error.message}\n`);
  }
}

const server = createServer(respond).listen(Number(port), () => {
  console.log(`${model.name} makes ${model.modalities.join(', ')} on http://localhost:${server.address().port}`);
});
