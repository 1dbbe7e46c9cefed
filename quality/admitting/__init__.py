"""Admission: published criteria, evidence, decisions by it, and what becomes of qualifications with time."""
