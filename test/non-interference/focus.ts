// What the generators can be told to look at most, so that a planted fault of one kind is met soon.

/** `all`: everything, each in its share. */
export type Focus =
  | 'all'
  | 'scopes'
  | 'compared'
  | 'includes'
  | 'joins'
  | 'naturalKeys'
  | 'floatSums'
  | 'spellings'
  | 'caches'
  | 'documents'
  | 'validators'
