import { PermafrostError } from '../errors.ts';

const cures: Readonly<Record<string, string>> = {
  EACCES: 'Give the user that runs Permafrost read and write permission on this folder.',
  EPERM: 'Use a file system with hard links, and a folder that this user may write.',
  ENOTSUP: 'Use a file system with hard links.',
  EOPNOTSUPP: 'Use a file system with hard links.',
  EMLINK: 'Use a file system with hard links.',
  EROFS: 'Mount the file system of this folder for writing.',
  ENOSPC: 'Free space on the file system of this folder, or move the lake.',
  EDQUOT: 'Raise the disk quota of the user that runs Permafrost, or move the lake.',
  EIO: 'Check the disk: the operating system reports an I/O error.',
  ENOTDIR: 'Choose another folder, or move the file that stands where a folder should be.',
  EISDIR: 'Move the folder that stands where a file should be.',
  ELOOP: 'Replace the symbolic link with the file itself.',
  ENAMETOOLONG: 'Choose a folder with a shorter path.',
  EMFILE: 'Raise the limit of open files.',
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
    cure: cures[errno] ?? 'Check that the folder exists, and that it can be read and written.',
    cause: error,
  });
}
