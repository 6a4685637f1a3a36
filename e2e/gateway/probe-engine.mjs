// Says in one line of JSON what keeps containers of these images from being started here; null: nothing. What is missing of them is pulled.
import { getContainerRuntimeClient } from 'testcontainers';
import containerRuntime from 'testcontainers/build/container-runtime/index.js';
import portForwarder from 'testcontainers/build/port-forwarder/port-forwarder.js';
import reaper from 'testcontainers/build/reaper/reaper.js';

/** For the engine and the registry to answer; a pull that has begun may take its time. */
const ANSWER_MS = 3_000;

function inTime(answer) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in time')), ANSWER_MS).unref());
  return Promise.race([answer, late]);
}

/** What else testcontainers starts: one container that removes the others, one through which they reach this machine. */
const helpers = [...(process.env.TESTCONTAINERS_RYUK_DISABLED === 'true' ? [] : [reaper.getReaperImage()]), portForwarder.SSHD_IMAGE];

async function bring(client, image) {
  if (await inTime(client.image.exists(containerRuntime.ImageName.fromString(image)))) return;
  // The engine's client itself: testcontainers tells neither when a pull has begun nor that it broke off.
  const { dockerode } = client.image;
  const authconfig = await containerRuntime.getAuthConfig(client.info.containerRuntime.indexServerAddress);
  const progress = await inTime(dockerode.pull(image, { authconfig }));
  const said = await new Promise((resolve, reject) =>
    dockerode.modem.followProgress(progress, (error, output) => (error ? reject(error) : resolve(output))),
  );
  // What goes wrong once a pull has begun is said in the midst of a good answer.
  const failed = said.find((line) => line.error);
  if (failed) throw new Error(failed.error);
}

async function whyNot(images) {
  let client;
  try {
    client = await inTime(getContainerRuntimeClient());
  } catch {
    return 'no container engine answers (Docker, or Podman by DOCKER_HOST)';
  }
  for (const image of images) {
    try {
      await bring(client, image);
    } catch (error) {
      return `the image ${image} cannot be pulled: ${String(error.message).replaceAll(/\s+/g, ' ').slice(0, 200)}`;
    }
  }
  return null;
}

const missing = await whyNot([...process.argv.slice(2), ...helpers]);
// Not process.exit() alone: the line has to be out before.
process.stdout.write(`${JSON.stringify({ missing })}\n`, () => process.exit());
