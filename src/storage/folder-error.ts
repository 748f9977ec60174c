import { PermafrostError } from '../errors.ts';

const cures: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs Permafrost read and write permission on this folder',
  EPERM: 'use a file system with hard links, and a folder that this user may write',
  ENOTSUP: 'use a file system with hard links',
  EOPNOTSUPP: 'use a file system with hard links',
  EMLINK: 'use a file system with hard links',
  EROFS: 'mount the file system of this folder for writing',
  ENOSPC: 'free space on the file system of this folder, or move the lake',
  EDQUOT: 'raise the disk quota of the user that runs Permafrost, or move the lake',
  EIO: 'check the disk: the operating system reports an I/O error',
  ENOTDIR: 'choose another folder, or move the file that stands where a folder should be',
  EISDIR: 'move the folder that stands where a file should be',
  ELOOP: 'replace the symbolic link with the file itself',
  ENAMETOOLONG: 'choose a folder with a shorter path',
  EMFILE: 'raise the limit of open files',
};

/** The `errno` name of a failed system call, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Names the folder, the object, and what a person does about it. Errors that are ours already pass unchanged. */
export function describeFolderFailure(error: unknown, folder: string, path: string): PermafrostError {
  if (error instanceof PermafrostError) return error;
  const errno = errnoOf(error) ?? 'unknown error';
  return new PermafrostError('lake-unwritable', `lake folder ${folder}: ${errno} at ${path || 'its root'}`, {
    cure: cures[errno] ?? 'check that the folder exists, and that it can be read and written',
    cause: error,
  });
}
