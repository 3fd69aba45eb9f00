// Two hosts on one machine, for what ranks on several machines do: network namespaces with a name and an address each, joined by a link.
// Linux, as root, with `ip` and Open MPI.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOSTS = [
  { name: 'wordkin-a', address: '10.77.0.1', link: 'wordkin-va' },
  { name: 'wordkin-b', address: '10.77.0.2', link: 'wordkin-vb' },
];
const NETWORK = '10.77.0.0/24';
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

/** In place of ssh: `agent HOST COMMAND...`. */
const AGENT = `#!/bin/sh
host=$1; shift
exec ip netns exec "$host" unshare --uts sh -c 'hostname "$1"; shift; exec sh -c "$*"' sh "$host" "$@"
`;

/** Lays the hosts out; `remove` takes them away again. */
export function layOutTwoHosts() {
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-two-hosts-'));
  const [agent, hostfile] = [join(folder, 'agent.sh'), join(folder, 'hosts')];
  writeFileSync(agent, AGENT, { mode: 0o755 });
  writeFileSync(hostfile, HOSTS.map(({ name }) => `${name} slots=1\n`).join(''));
  const names = `127.0.0.1 localhost\n${HOSTS.map(({ address, name }) => `${address} ${name}\n`).join('')}`;
  const remove = () => {
    for (const { name } of HOSTS) {
      try {
        for (const pid of pidsOn(name)) process.kill(pid, 'SIGKILL');
        ip('netns', 'del', name);
      } catch {} // it is not there
      rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const { name } of HOSTS) {
      ip('netns', 'add', name);
      mkdirSync(`/etc/netns/${name}`, { recursive: true });
      writeFileSync(`/etc/netns/${name}/hosts`, names);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    const [first, second] = HOSTS;
    const peer = ['peer', 'name', second.link, 'netns', second.name];
    ip('link', 'add', first.link, 'netns', first.name, 'type', 'veth', ...peer);
    for (const { name, address, link } of HOSTS) {
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', link);
      ip('-n', name, 'link', 'set', link, 'up');
    }
  } catch (error) {
    remove();
    throw error;
  }
  const [, last] = HOSTS;
  return {
    /** Starts a command with one rank on each host: what stands before it. */
    launcher: [
      ...['ip', 'netns', 'exec', HOSTS[0].name, 'unshare', '--uts', 'sh', '-c'],
      ...[`hostname ${HOSTS[0].name}; exec "$@"`, 'sh', 'mpirun.openmpi', '-np', '2', '--hostfile', hostfile],
      // Both hosts have the same processors: bound as Open MPI binds them, both ranks would share the first.
      ...['--map-by', 'node', '--bind-to', 'none', '--mca', 'plm_rsh_agent', agent, '--mca', 'btl', 'tcp,self'],
      ...['--mca', 'btl_tcp_if_include', NETWORK, '--mca', 'oob_tcp_if_include', NETWORK],
    ],
    cutLink: () => ip('-n', last.name, 'link', 'set', last.link, 'down'),
    mendLink: () => ip('-n', last.name, 'link', 'set', last.link, 'up'),
    /** Processes that are left on either host. */
    pids: () => HOSTS.flatMap(({ name }) => pidsOn(name)),
    remove,
  };
}

function pidsOn(name) {
  return ip('netns', 'pids', name)
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
