"""The way in: applications, structured interviews, and the stages from an application to live tickets."""
