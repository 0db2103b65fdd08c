/** Datasets as files: mounting, unmounting, listing mounts. */

import type { Command } from 'commander'
import { type Grammar, listed, reported } from './grammar.ts'

export function mountCommands({ add, context }: Grammar): void {
  reported(add('mount', 'the lake as a read-only folder tree', MOUNT_EXAMPLES))
    .argument('[folder]', 'an empty folder, made when it is missing', './mnt')
    .option('--daemon', 'in the background: returns once it is mounted')
    .action(async (folder: string, flags: { daemon?: boolean }, command: Command) =>
      (await import('../commands/mount.ts')).mount(context(command), folder, flags),
    )

  reported(add('umount', 'end a mount', '  varve umount ./mnt\n  varve umount ./mnt --force'))
    .argument('<folder>', 'where it is mounted')
    .option('--force', 'also while files of it are open: their readers get errors')
    .action(async (folder: string, flags: { force?: boolean }, command: Command) =>
      (await import('../commands/mount.ts')).umount(context(command), folder, flags),
    )

  listed(add('mounts', 'your mounts on this machine', '  varve mounts\n  varve mounts --json')).action(
    async (_flags: unknown, command: Command) =>
      (await import('../commands/mount.ts')).mounts(context(command)),
  )
}

const MOUNT_EXAMPLES = `  varve mount
  varve mount /data/lake --lake s3://bucket/lake --daemon
  varve mount ./mnt & sleep 1; md5sum ./mnt/reads/latest/files/*.fastq.gz`
