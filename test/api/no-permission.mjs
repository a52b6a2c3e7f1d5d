// As Deno without --allow-sys and --allow-env: asking for facts about the system throws, and so does reading our variables.
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

class NotCapable extends Error {
  name = 'NotCapable';
}
const refuse = (what) => () => {
  throw new NotCapable(`Requires sys access to "${what}", run again with the --allow-sys flag`);
};
const FACTS = [
  ...['availableParallelism', 'cpus', 'freemem', 'totalmem', 'homedir', 'hostname', 'loadavg', 'release', 'uptime'],
  ...['userInfo', 'networkInterfaces', 'version'],
];
for (const name of FACTS) os[name] = refuse(name);
syncBuiltinESMExports();
for (const name of ['availableMemory', 'constrainedMemory', 'getuid', 'getgid']) process[name] = refuse(name);
Object.defineProperty(process, 'report', { get: refuse('report') });
process.env = new Proxy(process.env, {
  get(env, name) {
    if (/^(FOURM_|HF_|XDG_CACHE_HOME|LOCALAPPDATA)/.test(String(name)))
      throw new NotCapable(`Requires env access to "${String(name)}"`);
    return env[name];
  },
});
