//! Where bytes go and come from: a local directory today, S3 next, behind one small interface.
